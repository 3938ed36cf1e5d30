#include <algorithm>
#include <cmath>
#include <reel/core/kernels/update.h>
#include <reel/optim/ema.h>

namespace reel::optim {

EMA::EMA(std::vector<Variable> weights, const EMAOptions& options) : weights_(std::move(weights)), options_(options) {
  require<ValueError>(options.decay >= 0 && options.decay <= 1, "EMA", "decay must be in [0, 1], got ", options.decay);
  for (const Variable& weight : weights_) {
    require<ValueError>(weight.value().is_contiguous(), "EMA", "a weight of shape ", weight.shape(),
                        " is not contiguous");
    averages_.push_back(weight.value().clone());
  }
}

void EMA::update() {
  require<StateError>(!is_swapped_in_, "EMA", "the averages are swapped in; there is nothing to update them from");
  const double t = static_cast<double>(count_++);
  const double most = options_.warmup ? 1 - std::pow(1 + t, -2.0 / 3) : 1;
  const double decay = t == 0 ? 0 : std::min(options_.decay, most);
  std::vector<kernels::Update> updates;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    const Tensor& weight = weights_[i].value();
    if (decay == 0 || !is_floating(weight.dtype())) averages_[i].copy_from(weight);
    else updates.push_back({.parameter = averages_[i], .grad = weight, .state = {}});
  }
  kernels::average_step(std::move(updates), decay);
}

void EMA::exchange() {
  is_swapped_in_ = !is_swapped_in_;
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    std::byte* average = averages_[i].bytes();
    std::swap_ranges(average, average + averages_[i].nbytes(), weights_[i].value().bytes());
  }
}

StateDict EMA::state_dict() const {
  StateDict state{{"n_averaged", Tensor::scalar(static_cast<double>(count_), int64)}};
  for (std::size_t i = 0; i < averages_.size(); ++i) state[concat("average.", i)] = averages_[i];
  return state;
}

void EMA::load_state_dict(const StateDict& state) {
  StateReader reader(state, "EMA");
  const double count = reader.number("n_averaged", int64);
  std::vector<Tensor> averages;
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    averages.push_back(reader.take(concat("average.", i), averages_[i].shape(), averages_[i].dtype()));
  }
  reader.finish();
  count_ = static_cast<std::int64_t>(count);
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].copy_from(averages[i]);
}

}  // namespace reel::optim
