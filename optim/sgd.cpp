#include <reel/core/kernels/update.h>
#include <reel/optim/sgd.h>

namespace reel::optim {

SGD::SGD(std::vector<Variable> params, const SGDOptions& options)
    : Optimizer(std::move(params), options.lr), options_(options), buffers_(parameters().size()) {
  require<ValueError>(is_usable(options.momentum) && is_usable(options.dampening) && is_usable(options.weight_decay),
                      "SGD", "momentum, dampening and weight_decay must be numbers >= 0, got ", options.momentum, ", ",
                      options.dampening, " and ", options.weight_decay);
  require<ValueError>(!options.nesterov || (options.momentum > 0 && options.dampening == 0), "SGD",
                      "Nesterov wants momentum and no dampening, got ", options.momentum, " and ", options.dampening);
}

void SGD::step() {
  std::vector<kernels::SgdUpdate> updates;
  for (std::size_t i = 0; i < parameters().size(); ++i) {
    const Variable& p = parameters()[i];
    if (!p.grad().defined()) continue;
    const bool first = options_.momentum != 0 && !buffers_[i].defined();
    if (first) buffers_[i] = Tensor::zeros(p.shape(), p.dtype());
    updates.push_back({p.value(), p.grad(), options_.momentum == 0 ? Tensor() : buffers_[i], first});
  }
  kernels::sgd_step(std::move(updates), {.lr = lr(),
                                         .momentum = options_.momentum,
                                         .dampening = options_.dampening,
                                         .weight_decay = options_.weight_decay,
                                         .nesterov = options_.nesterov});
}

}  // namespace reel::optim
