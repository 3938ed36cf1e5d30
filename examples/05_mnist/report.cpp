#include "report.h"

#include <algorithm>
#include <reel/core/kernels/index.h>
#include <reel/data/canvas.h>
#include <reel/data/image.h>

namespace mnist {

using namespace reel;

std::int64_t write_mistakes(const std::string& path, const Evaluation& evaluation, const data::ImageDataset& dataset) {
  constexpr std::size_t most = 60;
  const auto labels = dataset.labels().span<std::int64_t>();
  std::vector<std::int64_t> wrong;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (evaluation.predicted[i] != labels[i]) wrong.push_back(static_cast<std::int64_t>(i));
  }
  const auto loss = [&](std::int64_t i) { return evaluation.losses[static_cast<std::size_t>(i)]; };
  std::stable_sort(wrong.begin(), wrong.end(), [&](std::int64_t a, std::int64_t b) { return loss(a) > loss(b); });
  wrong.resize(std::min(wrong.size(), most));
  if (wrong.empty()) return 0;
  std::vector<std::string> captions;
  for (const std::int64_t i : wrong) {
    const auto at = static_cast<std::size_t>(i);
    captions.push_back(concat(labels[at], " > ", evaluation.predicted[at]));
  }
  const Tensor index = Tensor::from(std::span<const std::int64_t>(wrong), {static_cast<std::int64_t>(wrong.size())});
  data::write_png(path, data::contact_sheet(index_select(dataset.images(), 0, index), captions, 10, 2));
  return static_cast<std::int64_t>(wrong.size());
}

}  // namespace mnist
