#include <reel/core/kernels/update.h>
#include <reel/optim/adam.h>

namespace reel::optim {

Adam::Adam(std::vector<Variable> params, const AdamOptions& options, bool decoupled)
    : Optimizer(std::move(params), options.lr),
      options_(options),
      decoupled_(decoupled),
      means_(zeros_like_parameters()),
      squares_(zeros_like_parameters()),
      counts_(parameters().size()) {
  require<ValueError>(options.beta1 >= 0 && options.beta1 < 1 && options.beta2 >= 0 && options.beta2 < 1, "Adam",
                      "betas must be in [0, 1), got ", options.beta1, " and ", options.beta2);
  require<ValueError>(is_usable(options.eps) && is_usable(options.weight_decay), "Adam",
                      "eps and weight_decay must be numbers >= 0, got ", options.eps, " and ", options.weight_decay);
}

void Adam::step() {
  std::vector<kernels::AdamUpdate> updates;
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const Variable& p = parameters()[i];
    if (!p.grad().defined()) continue;
    updates.push_back({p.value(), p.grad(), means_[i], squares_[i], ++counts_[i]});
  }
  kernels::adam_step(std::move(updates), {.lr = lr(),
                                          .beta1 = options_.beta1,
                                          .beta2 = options_.beta2,
                                          .eps = options_.eps,
                                          .weight_decay = options_.weight_decay,
                                          .decoupled = decoupled_});
}

}  // namespace reel::optim
