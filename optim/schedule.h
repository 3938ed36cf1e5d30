#pragma once

#include <functional>
#include <reel/optim/optimizer.h>

namespace reel::optim {

/// Changes an optimizer's pace over time. As in PyTorch, making one sets the rate of step 0, and `step()` goes on to
/// the next: once an epoch, or once a batch, as its lengths are meant. The optimizer must outlive it.
///
/// A schedule is a function: from a group's base pace, which no schedule changes, and the number of steps to the pace.
/// So schedules don't get into each other's way, and each group goes from its own rate. What stands in schedules.h are
/// functions under PyTorch's names, and add nothing but a constructor: any of them can be kept as a Schedule.
class Schedule {
 public:
  /// From a group's base pace and the number of steps to the pace.
  using Function = std::function<Pace(const Pace& base, std::int64_t step)>;

  /// Sets the pace of step 0. Throws what the function throws.
  Schedule(Optimizer& optimizer, Function function);
  /// Throws what the function throws, and then stays where it is.
  void step() { go_to(count_ + 1); }
  /// Steps taken so far.
  [[nodiscard]] std::int64_t count() const { return count_; }
  /// As it was given.
  [[nodiscard]] const Function& function() const { return function_; }

  /// `last_epoch`, the number of steps, under PyTorch's name.
  [[nodiscard]] StateDict state_dict() const;
  /// Goes on from a saved step. The pace itself is in the optimizer's state, which is loaded after the schedule is
  /// made, since that sets the pace of step 0. Throws StateError.
  void load_state_dict(const StateDict& state);

 private:
  void go_to(std::int64_t count);

  Optimizer* optimizer_;
  Function function_;
  std::int64_t count_ = 0;
};

}  // namespace reel::optim
