#pragma once

#include <cstdint>
#include <reel/data/dataset.h>
#include <reel/training/metrics.h>
#include <string>
#include <vector>

namespace report {

/// An image that a net has read.
struct Reading {
  std::string image;  // an address, data:...
  std::int64_t truth = 0, read = 0;
  double probability = 0;           // of what was read
  double probability_of_truth = 0;  // of what it is
};

/// What a layer makes of an image: pictures of its channels, orange above zero and blue below.
struct Maps {
  std::string layer;      // "3 ReLU"
  std::int64_t size = 0;  // of a side
  std::int64_t channels = 0;
  std::vector<std::string> images;  // of the first ones
};

/// An image on its way through a net.
struct Sample {
  Reading reading;
  std::vector<Maps> maps;
};

/// A trained net, and how it reads the images of a test.
struct Net {
  std::string path, kind;
  std::int64_t parameters = 0, images = 0;
  reel::training::ConfusionMatrix confusion{10};
  std::vector<Reading> mistakes;  // the worst, and the worst of each pair of classes; the least likely truths first
  Maps filters;                   // of the first layer
  std::vector<Sample> samples;
};

/// Loads a net that mnist --save wrote, and tests it. Throws reel::IoError for another file.
[[nodiscard]] Net look_into(const std::string& weights, const reel::data::ImageDataset& test);

}  // namespace report
