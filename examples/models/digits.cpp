#include "digits.h"

#include <filesystem>
#include <iostream>
#include <reel/data/download.h>
#include <reel/data/synthetic.h>

namespace mnist {

using namespace reel;

namespace {

/// The folder that holds a data set's files, downloaded first where it is known by a name.
std::string find_folder(const std::string& name, const DigitSource& source) {
  if (name == "mnist" || name == "fashion-mnist") {
    return data::fetch(name, {.cache_dir = source.cache_dir,
                              .base_url = source.mirror,
                              .log = [](std::string_view line) { std::cout << line << '\n'; }});
  }
  require<IoError>(std::filesystem::is_directory(name), name,
                   "is no folder; the data is synthetic, mnist, fashion-mnist or a folder with IDX files");
  return name;
}

data::ImageDataset load_train(const DigitSource& source) {
  if (source.data == "synthetic") return data::synthetic_digits(60000, 1);
  return data::load_mnist_train(find_folder(source.data, source));
}

data::ImageDataset load_test(const std::string& name, const DigitSource& source) {
  if (name == "synthetic") return data::synthetic_digits(10000, 2);
  return data::load_mnist_test(find_folder(name, source));
}

data::Mnist hold_out(const DigitSource& source) {
  const data::ImageDataset all = load_train(source);
  const std::int64_t kept = all.size() - source.holdout;
  require<ValueError>(kept > 0, "--holdout", "leaves none of the ", all.size(), " training images");
  return {all.slice(0, kept), all.slice(kept, source.holdout)};
}

}  // namespace

data::Mnist load_digits(const DigitSource& source) {
  if (source.holdout > 0) return hold_out(source);
  const std::string& test = source.test_data.empty() ? source.data : source.test_data;
  if (test == source.data && test != "synthetic") return data::load_mnist(find_folder(test, source));
  return {load_train(source), load_test(test, source)};
}

data::ImageDataset load_test_digits(const DigitSource& source) {
  if (source.holdout > 0) return hold_out(source).test;
  return load_test(source.test_data.empty() ? source.data : source.test_data, source);
}

}  // namespace mnist
