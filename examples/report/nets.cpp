#include "nets.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <reel/core/io/page.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/index.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/kernels/softmax.h>
#include <reel/data/image.h>
#include <reel/data/loader.h>
#include <reel/data/normalize.h>
#include <utility>

#include "../models/mnist.h"

namespace report {

using namespace reel;

namespace {

constexpr std::size_t most_mistakes = 48, most_of_a_pair = 4;
constexpr std::int64_t most_maps = 16, most_filters = 64, sample_count = 4;

/// A picture as an address that an img element takes.
std::string address(const Tensor& picture) {
  return "data:image/png;base64," + io::base64(std::span<const std::byte>(data::encode_png(picture)));
}

/// map [h, w], whose colours are the brightest from `scale` on: orange above zero, blue below, black where it is zero.
std::string signed_picture(const Tensor& map, double scale) {
  const Tensor above = maximum(map, Tensor::scalar(0)) / scale, below = maximum(-map, Tensor::scalar(0)) / scale;
  const Tensor colours =
      above * Tensor::of({1, 0.62, 0.22}, {3, 1, 1}) + below * Tensor::of({0.20, 0.58, 1}, {3, 1, 1});
  return address((minimum(colours, Tensor::scalar(1)) * 255 + 0.5).to(uint8));
}

/// planes [C, h, w], the first ones, on one scale of colours.
Maps pictures(const std::string& layer, const Tensor& planes, double scale, std::int64_t most) {
  Maps out{.layer = layer, .size = planes.size(-1), .channels = planes.size(0), .images = {}};
  for (std::int64_t i = 0; i < std::min(most, planes.size(0)); ++i) {
    out.images.push_back(signed_picture(planes.select(0, i), scale));
  }
  return out;
}

std::string kind_of(const nn::Module& module) {
  const std::string text = module.describe();
  return text.substr(0, text.find('('));
}

/// The first weight, as pictures where it is one of images.
Maps first_filters(const nn::Module& model) {
  for (const auto& [name, p] : model.named_parameters()) {
    const Tensor& weight = p.value();
    const std::string layer = name.substr(0, name.rfind('.'));
    const double scale = max(abs(weight)).item() + 1e-12;
    if (weight.rank() == 4 && weight.size(1) == 1) return pictures(layer, weight.select(1, 0), scale, most_filters);
    if (weight.rank() == 2 && weight.size(1) == 784) {
      return pictures(layer, weight.reshape({weight.size(0), 28, 28}), scale, most_filters);
    }
  }
  return {};
}

/// What the nonlinear layers make of an image [1, 1, H, W], in their order.
std::vector<Maps> feature_maps(nn::Module& model, const Tensor& image) {
  std::vector<Maps> maps;
  std::vector<HookHandle> handles;
  for (const auto& named : model.named_modules()) {
    if (kind_of(*named.second) != "ReLU") continue;
    handles.push_back(named.second->register_forward_hook(
        [&maps, path = named.first](nn::Module&, const Variable&, const Variable& y) {
          if (y.rank() != 4) return;
          const Tensor planes = y.value().select(0, 0);
          // A few large numbers would leave all others in the dark.
          const double scale = 3 * std::sqrt(mean(planes * planes).item()) + 1e-12;
          maps.push_back(pictures(path + " ReLU", planes, scale, most_maps));
        }));
  }
  static_cast<void>(model(image));
  for (const HookHandle& handle : handles) handle.remove();
  return maps;
}

/// What a net makes of all images of a test: how likely each class is, [N, 10].
Tensor read_all(nn::Module& model, const data::ImageDataset& test) {
  data::DataLoader loader(test, {.batch_size = std::min<std::int64_t>(250, test.size()),
                                 .shuffle = false,
                                 .normalization = data::mnist_normalization()});
  Tensor all = Tensor::empty({test.size(), 10});
  std::int64_t done = 0;
  for (const auto& batch : loader) {
    const Tensor some = softmax(model(batch.images).value(), 1);
    all.narrow(0, done, some.size(0)).copy_from(some);
    done += some.size(0);
  }
  return all;
}

Reading reading(const data::ImageDataset& test, const Tensor& probabilities, std::int64_t i) {
  const auto [image, truth] = test.get(i);
  const std::int64_t read = static_cast<std::int64_t>(argmax(probabilities.select(0, i), 0).item());
  return {address(image), truth, read, probabilities.at({i, read}), probabilities.at({i, truth})};
}

/// The places of the worst mistakes, the least likely truths first, and of the worst ones of each pair of classes.
std::vector<std::int64_t> worst(const Tensor& probabilities, const Tensor& read, const Tensor& labels) {
  std::vector<std::int64_t> wrong, kept;
  const auto truth = labels.span<std::int64_t>(), found = read.span<std::int64_t>();
  for (std::size_t i = 0; i < truth.size(); ++i) {
    if (truth[i] != found[i]) wrong.push_back(static_cast<std::int64_t>(i));
  }
  const auto chance = [&](std::int64_t i) { return probabilities.at({i, truth[static_cast<std::size_t>(i)]}); };
  std::stable_sort(wrong.begin(), wrong.end(), [&](std::int64_t a, std::int64_t b) { return chance(a) < chance(b); });
  std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> of_pair;
  for (std::size_t rank = 0; rank < wrong.size(); ++rank) {
    const auto at = static_cast<std::size_t>(wrong[rank]);
    if (++of_pair[{truth[at], found[at]}] <= most_of_a_pair || rank < most_mistakes) kept.push_back(wrong[rank]);
  }
  return kept;
}

/// The first images of some classes.
std::vector<std::int64_t> sample_places(const Tensor& labels) {
  std::vector<std::int64_t> places;
  const auto truth = labels.span<std::int64_t>();
  for (std::int64_t label = 2; static_cast<std::int64_t>(places.size()) < sample_count && label < 10; label += 2) {
    const auto found = std::find(truth.begin(), truth.end(), label);
    if (found != truth.end()) places.push_back(found - truth.begin());
  }
  return places;
}

}  // namespace

Net look_into(const std::string& weights, const data::ImageDataset& test) {
  const mnist::SavedModel saved = mnist::load_model(weights);
  nn::Sequential model = mnist::make_model(saved.name);
  model.load_state_dict(saved.state);
  model.eval();
  Net net{.path = weights,
          .kind = saved.name,
          .parameters = model.parameter_count(),
          .images = test.size(),
          .mistakes = {},
          .filters = first_filters(model),
          .samples = {}};
  const Tensor probabilities = read_all(model, test);
  const Tensor read = argmax(probabilities, 1);
  net.confusion.add(read, test.labels());
  for (const std::int64_t i : worst(probabilities, read, test.labels())) {
    net.mistakes.push_back(reading(test, probabilities, i));
  }
  const data::Normalizer normalize(data::mnist_normalization());
  for (const std::int64_t i : sample_places(test.labels())) {
    const Tensor image = test.get(i).image;
    Tensor input = Tensor::empty({1, 1, image.size(1), image.size(2)});
    normalize(image, {input.mutable_data<float>(), static_cast<std::size_t>(input.numel())});
    net.samples.push_back({reading(test, probabilities, i), feature_maps(model, input)});
  }
  return net;
}

}  // namespace report
