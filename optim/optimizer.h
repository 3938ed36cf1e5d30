#pragma once

#include <array>
#include <optional>
#include <reel/autograd/variable.h>
#include <reel/core/kernels/update.h>
#include <reel/core/state_dict.h>
#include <utility>
#include <vector>

namespace reel::optim {

/// What schedules move: the learning rate, and the momentum (Adam's beta1) of an optimizer that has one.
struct Pace {
  double lr = 0;                        ///< the learning rate
  std::optional<double> momentum = {};  ///< none for an optimizer without
};

/// Parameters that are stepped with options of their own.
template <class Options>
struct ParameterGroup {
  std::vector<Variable> parameters;  ///< leaves
  Options options = {};              ///< of these alone
};

/// Moves parameters along their gradients. Parameters without a gradient, as frozen ones are, stay as they are.
///
///     optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
///
/// Parameters may come in groups, each with all its options; schedules go from each group's own rate:
///
///     optim::SGD optimizer({{model.features.parameters(), {.lr = 0.01}}, {model.head.parameters(), {.lr = 0.1}}});
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  /// One update of every parameter that has a gradient. Gradients are only read.
  void step();
  /// Drops the gradients, so that the next backward starts anew.
  void zero_grad();

  /// Of all groups, one after another.
  [[nodiscard]] const std::vector<Variable>& parameters() const { return parameters_; }

  /// How many groups there are.
  [[nodiscard]] std::size_t group_count() const { return groups_.size(); }

  /// The learning rate of a group, as it is now. Throws IndexError.
  [[nodiscard]] double lr(std::size_t group = 0) const { return pace(group).lr; }
  /// Sets the rate of all groups, or of one. A schedule goes on from there: what it has made of the group's base rate
  /// so far stays its share of the new rate. Throws ValueError for a negative or non-finite rate.
  void set_lr(double lr);
  void set_lr(std::size_t group, double lr);
  /// SGD's and RMSprop's momentum, Adam's beta1. Both throw StateError for an optimizer that has none.
  [[nodiscard]] double momentum(std::size_t group = 0) const;
  /// Sets the momentum of all groups, for schedules too.
  void set_momentum(double momentum);

  /// What a group is stepped with, and what it would be without a schedule. Throws IndexError:
  [[nodiscard]] const Pace& pace(std::size_t group) const { return at(group).now; }
  [[nodiscard]] const Pace& base_pace(std::size_t group) const { return at(group).base; }
  /// For schedules: the base stays. Throws as set_lr does.
  void set_pace(std::size_t group, const Pace& pace);

  /// All that a run needs to go on to the bit where it was stopped, beside parameters, options and schedules. The names
  /// are PyTorch's, flat: of parameter 3 (of all groups together), once it took a step, `state.3.step` and what the
  /// optimizer keeps, such as `state.3.momentum_buffer`; of group 0 `param_groups.0.lr`, the base rate
  /// `param_groups.0.initial_lr`, and for an optimizer with momentum `.momentum` and `.initial_momentum`.
  /// The tensors share memory with the optimizer; clone() what is to stay.
  [[nodiscard]] StateDict state_dict() const;
  /// Copies a state in. Throws StateError, which lists everything that does not fit; then nothing was changed.
  void load_state_dict(const StateDict& state);

 protected:
  /// A tensor that is kept for each parameter: like it, filled with `initial` at its first step.
  struct StateTensor {
    std::string_view name;  ///< empty: none
    bool wanted = true;     ///< whether it is kept with these options
    double initial = 0;     ///< what it is filled with
  };
  /// All that an optimizer keeps for a parameter.
  using StateTensors = std::array<StateTensor, 3>;

  /// Throws ValueError where there are no parameters, one is not contiguous, one comes twice or two share memory, and
  /// AutogradError for one that is no leaf.
  explicit Optimizer(const std::vector<ParameterGroup<Pace>>& groups);
  /// Whether an option that may be 0 is a number to calculate with: finite and not negative.
  [[nodiscard]] static bool is_usable(double option);

 private:
  struct Group {
    std::size_t end;  // of its parameters, in parameters_
    Pace base, now;
  };
  struct State {
    std::int64_t count = 0;  // steps taken
    std::array<Tensor, 3> tensors;
  };

  [[nodiscard]] virtual StateTensors state_tensors(std::size_t group) const = 0;
  /// Steps those parameters of a group that have a gradient.
  virtual void update_group(std::size_t group, std::vector<kernels::Update> updates) = 0;

  [[nodiscard]] const Group& at(std::size_t group) const;
  [[nodiscard]] Group& at(std::size_t group) { return const_cast<Group&>(std::as_const(*this).at(group)); }
  [[nodiscard]] kernels::Update next_update(std::size_t parameter, const StateTensors& wanted);
  [[nodiscard]] State read_state(StateReader& reader, std::size_t parameter, const StateTensors& tensors) const;

  std::vector<Variable> parameters_;
  std::vector<State> states_;  // by parameter
  std::vector<Group> groups_;
};

/// An optimizer whose groups have these options. One of one's own is an aggregate of options, with `lr` and, if
/// schedules are to move it, `momentum` or `beta1`, and two functions.
template <class Options>
class GroupedOptimizer : public Optimizer {
 public:
  /// A group's options as they are now.
  [[nodiscard]] Options options(std::size_t group = 0) const {
    const Pace& now = pace(group);
    Options out = options_[group];
    out.lr = now.lr;
    if (double* momentum = momentum_of(out)) *momentum = *now.momentum;
    return out;
  }

 protected:
  /// Throws as Optimizer does.
  explicit GroupedOptimizer(std::vector<ParameterGroup<Options>> groups) : Optimizer(paces(groups)) {
    for (ParameterGroup<Options>& group : groups) options_.push_back(std::move(group.options));
  }

  /// What is kept for each parameter with these options; its order is that of an Update's state.
  [[nodiscard]] virtual StateTensors state(const Options& options) const = 0;
  /// Steps parameters with these options.
  virtual void update(const Options& options, std::vector<kernels::Update> updates) const = 0;

 private:
  [[nodiscard]] StateTensors state_tensors(std::size_t group) const final { return state(options(group)); }
  void update_group(std::size_t group, std::vector<kernels::Update> updates) final {
    update(options(group), std::move(updates));
  }

  [[nodiscard]] static double* momentum_of(Options& options) {
    if constexpr (requires { options.momentum; }) return &options.momentum;
    else if constexpr (requires { options.beta1; }) return &options.beta1;
    else return nullptr;
  }

  [[nodiscard]] static std::vector<ParameterGroup<Pace>> paces(std::vector<ParameterGroup<Options>>& groups) {
    std::vector<ParameterGroup<Pace>> out;
    for (auto& [parameters, options] : groups) {
      const double* momentum = momentum_of(options);
      out.push_back({parameters, {options.lr, momentum == nullptr ? std::optional<double>() : *momentum}});
    }
    return out;
  }

  std::vector<Options> options_;
};

}  // namespace reel::optim
