#include <cmath>
#include <reel/optim/optimizer.h>

namespace reel::optim {

Optimizer::Optimizer(std::vector<Variable> parameters, double lr) : parameters_(std::move(parameters)) {
  require<ValueError>(!parameters_.empty(), "optimizer", "got no parameters");
  for (const Variable& p : parameters_) {
    static_cast<void>(p.leaf_state());  // throws for what is no leaf
    require<ValueError>(p.value().is_contiguous(), "optimizer", "a parameter of shape ", p.shape(),
                        " is not contiguous; make its leaf of .contiguous()");
  }
  set_lr(lr);
}

void Optimizer::zero_grad() {
  for (const Variable& p : parameters_) p.zero_grad();
}

void Optimizer::set_lr(double lr) {
  require<ValueError>(std::isfinite(lr) && lr >= 0, "optimizer", "the learning rate must be a number >= 0, got ", lr);
  lr_ = lr;
}

std::vector<Tensor> Optimizer::zeros_like_parameters() const {
  std::vector<Tensor> zeros;
  for (const Variable& p : parameters_) zeros.push_back(Tensor::zeros(p.shape(), p.dtype()));
  return zeros;
}

}  // namespace reel::optim
