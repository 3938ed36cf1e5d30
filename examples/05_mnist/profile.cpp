#include "profile.h"

#include <iostream>

namespace mnist {
namespace {

constexpr std::int64_t first = 4, most = 100;

}  // namespace

void StepProfile::after_step() {
  ++steps_;
  if (path_.empty()) return;
  if (steps_ == first - 1) profiler_.emplace();
  if (steps_ == first + most - 1) after_epoch();
}

void StepProfile::after_epoch() {
  if (!profiler_ || last_ > 0) return;
  profiler_->stop();
  last_ = steps_;
}

void StepProfile::report() {
  if (path_.empty()) return;
  if (last_ < first) {
    std::cout << "no profile: the training has fewer than " << first << " steps\n";
    return;
  }
  std::cout << "\nsteps " << first << " to " << last_ << " by op and by layer:\n\n"
            << profiler_->by_op() << '\n'
            << profiler_->by_module() << '\n';
  profiler_->save_trace(path_);
  std::cout << "their trace, for https://ui.perfetto.dev or chrome://tracing: " << path_ << '\n';
}

}  // namespace mnist
