#include <reel/optim/adagrad.h>

namespace reel::optim {

Adagrad::Adagrad(std::vector<ParameterGroup<AdagradOptions>> groups) : GroupedOptimizer(std::move(groups)) {
  for (std::size_t group = 0; group < group_count(); ++group) {
    const AdagradOptions o = options(group);
    require<ValueError>(is_usable(o.lr_decay) && is_usable(o.weight_decay) && is_usable(o.eps) &&
                            is_usable(o.initial_accumulator_value),
                        "Adagrad",
                        "lr_decay, weight_decay, initial_accumulator_value and eps must be numbers >= 0, got ",
                        o.lr_decay, ", ", o.weight_decay, ", ", o.initial_accumulator_value, " and ", o.eps);
  }
}

Optimizer::StateTensors Adagrad::state(const AdagradOptions& options) const {
  return {{{.name = "sum", .initial = options.initial_accumulator_value}}};
}

void Adagrad::update(const AdagradOptions& options, std::vector<kernels::Update> updates) const {
  kernels::adagrad_step(
      std::move(updates),
      {.lr = options.lr, .lr_decay = options.lr_decay, .eps = options.eps, .weight_decay = options.weight_decay});
}

}  // namespace reel::optim
