#pragma once

#include <memory>
#include <reel/data/dataset.h>
#include <string>
#include <vector>

#include "options.h"

namespace cifar10 {

struct Data {
  std::shared_ptr<const reel::data::Dataset> train, test;
  std::vector<std::string> classes;
};

/// Reads what --data names. Throws reel::IoError.
[[nodiscard]] Data load(const Options& options);

}  // namespace cifar10
