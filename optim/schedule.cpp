#include <reel/optim/schedule.h>

namespace reel::optim {

Schedule::Schedule(Optimizer& optimizer, Function function) : optimizer_(&optimizer), function_(std::move(function)) {
  go_to(0);
}

void Schedule::go_to(std::int64_t count) {
  std::vector<Pace> paces;  // first all, since the function may throw
  for (std::size_t group = 0; group < optimizer_->group_count(); ++group) {
    paces.push_back(function_(optimizer_->base_pace(group), count));
  }
  for (std::size_t group = 0; group < paces.size(); ++group) optimizer_->set_pace(group, paces[group]);
  count_ = count;
}

StateDict Schedule::state_dict() const { return {{"last_epoch", Tensor::scalar(static_cast<double>(count_), int64)}}; }

void Schedule::load_state_dict(const StateDict& state) {
  StateReader reader(state, "schedule");
  const double count = reader.number("last_epoch", int64);
  reader.finish();
  require<StateError>(count >= 0, "load_state_dict", "last_epoch must not be negative, got ", count);
  count_ = static_cast<std::int64_t>(count);
}

}  // namespace reel::optim
