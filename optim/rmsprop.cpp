#include <reel/optim/rmsprop.h>

namespace reel::optim {

RMSprop::RMSprop(std::vector<ParameterGroup<RMSpropOptions>> groups) : GroupedOptimizer(std::move(groups)) {
  for (std::size_t group = 0; group < group_count(); ++group) {
    const RMSpropOptions o = options(group);
    require<ValueError>(o.alpha >= 0 && o.alpha <= 1, "RMSprop", "alpha must be in [0, 1], got ", o.alpha);
    require<ValueError>(is_usable(o.eps) && is_usable(o.weight_decay) && is_usable(o.momentum), "RMSprop",
                        "eps, weight_decay and momentum must be numbers >= 0, got ", o.eps, ", ", o.weight_decay,
                        " and ", o.momentum);
  }
}

Optimizer::StateTensors RMSprop::state(const RMSpropOptions& options) const {
  return {{{.name = "square_avg"},
           {.name = "grad_avg", .wanted = options.centered},
           {.name = "momentum_buffer", .wanted = options.momentum != 0}}};
}

void RMSprop::update(const RMSpropOptions& options, std::vector<kernels::Update> updates) const {
  kernels::rmsprop_step(std::move(updates), {.lr = options.lr,
                                             .alpha = options.alpha,
                                             .eps = options.eps,
                                             .weight_decay = options.weight_decay,
                                             .momentum = options.momentum});
}

}  // namespace reel::optim
