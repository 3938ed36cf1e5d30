#include <algorithm>
#include <cmath>
#include <functional>
#include <reel/core/span.h>
#include <reel/optim/optimizer.h>
#include <unordered_set>

namespace reel::optim {
namespace {

/// Threads update different parameters at the same time.
void require_apart(std::vector<Variable> parameters) {
  const auto begin = [](const Variable& p) { return p.value().bytes(); };
  std::sort(parameters.begin(), parameters.end(),
            [&](const Variable& a, const Variable& b) { return std::less<>()(begin(a), begin(b)); });
  for (std::size_t i = 1; i < parameters.size(); ++i) {
    const Variable& before = parameters[i - 1];
    require<ValueError>(!std::less<>()(begin(parameters[i]), begin(before) + before.value().nbytes()), "optimizer",
                        "parameters of shapes ", before.shape(), " and ", parameters[i].shape(),
                        " share memory; make them one leaf, or clone() one of them");
  }
}

std::string key(std::string_view list, std::size_t index, std::string_view name) {
  return concat(list, '.', index, '.', name);
}

}  // namespace

Optimizer::Optimizer(const std::vector<ParameterGroup<Pace>>& groups) {
  for (const auto& [parameters, pace] : groups) {
    parameters_.insert(parameters_.end(), parameters.begin(), parameters.end());
    groups_.push_back({parameters_.size(), pace, pace});
    set_pace(groups_.size() - 1, pace);
  }
  require<ValueError>(!parameters_.empty(), "optimizer", "got no parameters");
  std::unordered_set<const Leaf*> seen;
  for (const Variable& p : parameters_) {
    const Leaf& leaf = p.leaf_state();  // throws for what is no leaf
    require<ValueError>(seen.insert(&leaf).second, "optimizer", "a parameter", leaf.name.empty() ? "" : " ", leaf.name,
                        " of shape ", p.shape(), " was given twice, and would be updated twice in every step");
    require<ValueError>(p.value().is_contiguous(), "optimizer", "a parameter of shape ", p.shape(),
                        " is not contiguous; make its leaf of .contiguous()");
  }
  require_apart(parameters_);
  states_.resize(parameters_.size());
}

bool Optimizer::is_usable(double option) { return std::isfinite(option) && option >= 0; }

void Optimizer::step() {
  const detail::Span span(detail::SpanKind::region, "optimizer step");
  std::size_t i = 0;
  for (std::size_t group = 0; group < groups_.size(); ++group) {
    const StateTensors wanted = state_tensors(group);
    std::vector<kernels::Update> updates;
    for (; i < groups_[group].end; ++i) {
      if (parameters_[i].grad().defined()) updates.push_back(next_update(i, wanted));
    }
    update_group(group, std::move(updates));
  }
}

kernels::Update Optimizer::next_update(std::size_t parameter, const StateTensors& wanted) {
  const Variable& p = parameters_[parameter];
  State& state = states_[parameter];
  kernels::Update update{.parameter = p.value(), .grad = p.grad(), .state = {}, .count = ++state.count};
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].name.empty() || !wanted[i].wanted) continue;
    if (!state.tensors[i].defined()) {
      state.tensors[i] = Tensor::full(p.shape(), wanted[i].initial, p.dtype());
      update.first = true;
    }
    update.state[i] = state.tensors[i];
  }
  return update;
}

void Optimizer::zero_grad() {
  for (const Variable& p : parameters_) p.zero_grad();
}

const Optimizer::Group& Optimizer::at(std::size_t group) const {
  require<IndexError>(group < groups_.size(), "optimizer", "group ", group, " is outside [0, ", groups_.size(), ")");
  return groups_[group];
}

void Optimizer::set_pace(std::size_t group, const Pace& pace) {
  require<ValueError>(is_usable(pace.lr), "optimizer", "the learning rate must be a number >= 0, got ", pace.lr);
  at(group).now = pace;
}

void Optimizer::set_lr(double lr) {
  for (std::size_t group = 0; group < groups_.size(); ++group) set_lr(group, lr);
}

void Optimizer::set_lr(std::size_t group, double lr) {
  const auto [base, now] = std::pair(at(group).base.lr, at(group).now.lr);
  set_pace(group, {lr, at(group).now.momentum});
  at(group).base.lr = base == now || now == 0 ? lr : base * (lr / now);
}

double Optimizer::momentum(std::size_t group) const {
  require<StateError>(pace(group).momentum.has_value(), "optimizer", "this one has no momentum");
  return *pace(group).momentum;
}

void Optimizer::set_momentum(double momentum) {
  for (Group& group : groups_) {
    require<StateError>(group.now.momentum.has_value(), "optimizer", "this one has no momentum");
    group.now.momentum = group.base.momentum = momentum;
  }
}

StateDict Optimizer::state_dict() const {
  StateDict state;
  std::size_t i = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g) {
    const auto put = [&](std::string_view name, double number) {
      state[key("param_groups", g, name)] = Tensor::scalar(number, float64);
    };
    const auto& [end, base, now] = groups_[g];
    put("lr", now.lr);
    put("initial_lr", base.lr);
    if (now.momentum) put("momentum", *now.momentum);
    if (base.momentum) put("initial_momentum", *base.momentum);
    for (const StateTensors tensors = state_tensors(g); i < end; ++i) {
      if (states_[i].count == 0) continue;
      state[key("state", i, "step")] = Tensor::scalar(static_cast<double>(states_[i].count), int64);
      for (std::size_t t = 0; t < tensors.size(); ++t) {
        if (states_[i].tensors[t].defined()) state[key("state", i, tensors[t].name)] = states_[i].tensors[t];
      }
    }
  }
  return state;
}

Optimizer::State Optimizer::read_state(StateReader& reader, std::size_t parameter, const StateTensors& tensors) const {
  State state;
  const Variable& p = parameters_[parameter];
  const bool has_stepped = reader.has(key("state", parameter, "step"));
  if (has_stepped) state.count = static_cast<std::int64_t>(reader.number(key("state", parameter, "step"), int64));
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::string name = key("state", parameter, tensors[i].name);
    if (tensors[i].name.empty() || !(reader.has(name) || (has_stepped && tensors[i].wanted))) continue;
    const Tensor kept = reader.take(name, p.shape(), p.dtype());
    if (kept.defined()) state.tensors[i] = kept.clone();
  }
  return state;
}

void Optimizer::load_state_dict(const StateDict& state) {
  StateReader reader(state, "optimizer");
  std::vector<State> states;
  std::vector<Group> groups = groups_;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    auto& [end, base, now] = groups[g];
    now.lr = reader.number(key("param_groups", g, "lr"));
    base.lr = reader.number(key("param_groups", g, "initial_lr"));
    if (now.momentum) now.momentum = reader.number(key("param_groups", g, "momentum"));
    if (base.momentum) base.momentum = reader.number(key("param_groups", g, "initial_momentum"));
    for (const StateTensors tensors = state_tensors(g); states.size() < end;) {
      states.push_back(read_state(reader, states.size(), tensors));
    }
  }
  reader.finish();
  for (const Group& group : groups) {
    require<StateError>(is_usable(group.now.lr) && is_usable(group.base.lr), "load_state_dict",
                        "learning rates must be numbers >= 0, got ", group.now.lr, " and ", group.base.lr);
  }
  states_ = std::move(states);
  groups_ = std::move(groups);
}

}  // namespace reel::optim
