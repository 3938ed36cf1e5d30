#include <reel/optim/sgd.h>

namespace reel::optim {

SGD::SGD(std::vector<ParameterGroup<SGDOptions>> groups) : GroupedOptimizer(std::move(groups)) {
  for (std::size_t group = 0; group < group_count(); ++group) {
    const SGDOptions o = options(group);
    require<ValueError>(is_usable(o.momentum) && is_usable(o.dampening) && is_usable(o.weight_decay), "SGD",
                        "momentum, dampening and weight_decay must be numbers >= 0, got ", o.momentum, ", ",
                        o.dampening, " and ", o.weight_decay);
    require<ValueError>(!o.nesterov || (o.momentum > 0 && o.dampening == 0), "SGD",
                        "Nesterov wants momentum and no dampening, got ", o.momentum, " and ", o.dampening);
  }
}

Optimizer::StateTensors SGD::state(const SGDOptions& options) const {
  return {{{.name = "momentum_buffer", .wanted = options.momentum != 0}}};
}

void SGD::update(const SGDOptions& options, std::vector<kernels::Update> updates) const {
  kernels::sgd_step(std::move(updates), {.lr = options.lr,
                                         .momentum = options.momentum,
                                         .dampening = options.dampening,
                                         .weight_decay = options.weight_decay,
                                         .nesterov = options.nesterov});
}

}  // namespace reel::optim
