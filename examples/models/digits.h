#pragma once

#include <reel/data/mnist.h>
#include <string>

namespace mnist {

/// Where the images are that a net is trained and tested on.
struct DigitSource {
  std::string data = "synthetic";  // or mnist, fashion-mnist, or a folder with IDX files
  std::string test_data;           // likewise; empty: the test part of `data`
  std::string cache_dir;           // see reel::data::fetch
  std::string mirror;              // likewise
  std::int64_t holdout = 0;        // training images to test on instead
};

/// Drawn, downloaded or read. Both throw reel::IoError, and reel::ValueError where a holdout leaves nothing.
[[nodiscard]] reel::data::Mnist load_digits(const DigitSource& source);
/// The images to test on alone.
[[nodiscard]] reel::data::ImageDataset load_test_digits(const DigitSource& source);

}  // namespace mnist
