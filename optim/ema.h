#pragma once

#include <reel/autograd/variable.h>
#include <reel/core/state_dict.h>
#include <vector>

namespace reel::optim {

/// How fast the averages forget.
struct EMAOptions {
  double decay = 0.999;  ///< what is kept of an average in an update
  /// Start with little memory, as timm does: in update t = 0, 1, 2, ... the decay is at most 1 - (1 + t)^(-2/3).
  bool warmup = false;
};

/// Exponential moving averages of weights, which often are better than the weights: average = decay average + (1 -
/// decay) weight. As in PyTorch's AveragedModel the first update copies, and buffers, which are not in the list, are
/// those of the model; give them too (a Tensor converts to a Variable) to have averages of them. What is not floating
/// is copied.
///
///     optim::EMA ema(model.parameters(), {.decay = 0.999});
///     ...
///     optimizer.step();
///     ema.update();
///     ...
///     {
///       const auto averages = ema.swap_in();  // until the end of the scope
///       evaluate(model);
///     }
class EMA {
 public:
  class Swap;

  /// Throws ValueError for a decay outside [0, 1] and for weights that are not contiguous.
  explicit EMA(std::vector<Variable> weights, const EMAOptions& options = {});

  /// Takes the weights as they are now into the averages. Throws StateError while those are swapped in.
  void update();
  /// Exchanges the values of the weights and the averages, until what it returns is destroyed. The EMA must outlive
  /// that. Throws StateError where they are swapped in already.
  [[nodiscard]] Swap swap_in();
  /// In the order of the weights; before the first update, what those were in the beginning.
  [[nodiscard]] const std::vector<Tensor>& averages() const { return averages_; }

  /// `n_averaged`, the number of updates, and `average.0`, `average.1`, ... in the order of the weights. The tensors
  /// share memory with this; clone() what is to stay.
  [[nodiscard]] StateDict state_dict() const;
  /// Copies a state in. Throws StateError; then nothing was changed.
  void load_state_dict(const StateDict& state);

 private:
  void exchange();

  std::vector<Variable> weights_;
  EMAOptions options_;
  std::vector<Tensor> averages_;
  std::int64_t count_ = 0;
  bool is_swapped_in_ = false;
};

/// As long as it is there, the averages are the weights' values and the other way round; see EMA::swap_in().
class [[nodiscard]] EMA::Swap {
 public:
  /// Exchanges them.
  explicit Swap(EMA& ema) : ema_(ema) { ema_.exchange(); }
  ~Swap() { ema_.exchange(); }
  Swap(const Swap&) = delete;
  Swap& operator=(const Swap&) = delete;

 private:
  EMA& ema_;
};

inline EMA::Swap EMA::swap_in() {
  require<StateError>(!is_swapped_in_, "EMA", "the averages are swapped in already");
  return Swap(*this);
}

}  // namespace reel::optim
