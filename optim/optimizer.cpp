#include <algorithm>
#include <cmath>
#include <functional>
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

}  // namespace

Optimizer::Optimizer(std::vector<Variable> parameters, double lr) : parameters_(std::move(parameters)) {
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
  set_lr(lr);
}

void Optimizer::zero_grad() {
  for (const Variable& p : parameters_) p.zero_grad();
}

bool Optimizer::is_usable(double option) { return std::isfinite(option) && option >= 0; }

void Optimizer::set_lr(double lr) {
  require<ValueError>(is_usable(lr), "optimizer", "the learning rate must be a number >= 0, got ", lr);
  lr_ = lr;
}

std::vector<Tensor> Optimizer::zeros_like_parameters() const {
  std::vector<Tensor> zeros;
  for (const Variable& p : parameters_) zeros.push_back(Tensor::zeros(p.shape(), p.dtype()));
  return zeros;
}

}  // namespace reel::optim
