#pragma once

#include <functional>
#include <reel/nn/module.h>
#include <string>
#include <utility>

namespace reel::nn {

/// A function as a module without parameters: `nn::Lambda("Square", [](const Variable& x) { return x * x; })`. The
/// layers that are no more than their function are made of it.
class Lambda : public Module {
 public:
  /// `description` is what describe() gives.
  Lambda(std::string description, std::function<Variable(const Variable&)> function)
      : description_(std::move(description)), function_(std::move(function)) {}
  [[nodiscard]] std::string describe() const override { return description_; }

 protected:
  Variable forward(const Variable& x) override { return function_(x); }

 private:
  std::string description_;
  std::function<Variable(const Variable&)> function_;
};

}  // namespace reel::nn
