#pragma once

#include <reel/nn/module.h>

namespace reel::nn {

/// Modules one after another, named 0, 1, 2, ... Write the list in braces: they make the modules, and so draw their
/// initial weights, from left to right, where the order of arguments in parentheses is the compiler's choice.
///
///     nn::Sequential model{nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)};
///
/// A layer does what it can of those behind it on its way out, in one pass over memory: Linear and BatchNorm a ReLU,
/// Conv2d a ReLU and a MaxPool2d(2). Results and errors are those of the layers one after another; what a
/// ReLU or a pooling cuts off is not seen by a tape that checks for finite values.
class Sequential : public Module {
 public:
  template <std::derived_from<Module>... Ms>
  explicit Sequential(Ms... modules) {
    (append(std::move(modules)), ...);
  }

  /// Adds a module at the end.
  template <std::derived_from<Module> M>
  Sequential& append(M module) {
    layers_.push_back(&add(std::to_string(layers_.size()), std::move(module)));
    return *this;
  }

  [[nodiscard]] std::size_t size() const { return layers_.size(); }
  /// Throws IndexError.
  [[nodiscard]] Module& operator[](std::size_t i) const;
  [[nodiscard]] std::string describe() const override { return "Sequential"; }

 protected:
  Variable forward(const Variable& x) override;

 private:
  std::vector<Module*> layers_;  // owned as children
};

}  // namespace reel::nn
