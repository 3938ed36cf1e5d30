#pragma once

#include <string>

#include "train.h"

namespace mnist {

/// Writes the mistakes with the largest losses as a sheet of pictures, true and predicted label under each. Returns how
/// many there are on it; with no mistakes no file is written.
std::int64_t write_mistakes(const std::string& path, const Evaluation& evaluation,
                            const reel::data::ImageDataset& dataset);

}  // namespace mnist
