#include <reel/optim/adam.h>

namespace reel::optim {
namespace {

std::vector<ParameterGroup<AdamOptions>> adam_groups(const std::vector<ParameterGroup<AdamWOptions>>& groups) {
  std::vector<ParameterGroup<AdamOptions>> out;
  for (const auto& [parameters, o] : groups) {
    out.push_back({parameters, {o.lr, o.beta1, o.beta2, o.eps, o.weight_decay, o.amsgrad}});
  }
  return out;
}

}  // namespace

Adam::Adam(std::vector<ParameterGroup<AdamOptions>> groups, bool decoupled)
    : GroupedOptimizer(std::move(groups)), decoupled_(decoupled) {
  for (std::size_t group = 0; group < group_count(); ++group) {
    const AdamOptions o = options(group);
    require<ValueError>(o.beta1 >= 0 && o.beta1 < 1 && o.beta2 >= 0 && o.beta2 < 1, "Adam",
                        "betas must be in [0, 1), got ", o.beta1, " and ", o.beta2);
    require<ValueError>(is_usable(o.eps) && is_usable(o.weight_decay), "Adam",
                        "eps and weight_decay must be numbers >= 0, got ", o.eps, " and ", o.weight_decay);
  }
}

Optimizer::StateTensors Adam::state(const AdamOptions& options) const {
  return {{{.name = "exp_avg"}, {.name = "exp_avg_sq"}, {.name = "max_exp_avg_sq", .wanted = options.amsgrad}}};
}

void Adam::update(const AdamOptions& options, std::vector<kernels::Update> updates) const {
  kernels::adam_step(std::move(updates), {.lr = options.lr,
                                          .beta1 = options.beta1,
                                          .beta2 = options.beta2,
                                          .eps = options.eps,
                                          .weight_decay = options.weight_decay,
                                          .decoupled = decoupled_});
}

AdamW::AdamW(const std::vector<ParameterGroup<AdamWOptions>>& groups) : Adam(adam_groups(groups), true) {}

}  // namespace reel::optim
