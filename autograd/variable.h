#pragma once

#include <cstdint>
#include <memory>
#include <reel/autograd/hooks.h>
#include <reel/core/tensor.h>
#include <string>

namespace reel {

/// What all handles of one leaf share: its gradient, and who owns it.
struct Leaf {
  Tensor grad;                           ///< what the backwards since the last zero_grad() added up to
  detail::HookList<GradientHook> hooks;  ///< on its gradient
  std::string name;                      ///< a parameter's name within its module; for messages
  bool is_registered = false;            ///< as a module's parameter
  bool requires_grad = true;             ///< else tapes take it for a constant
};

/// A Tensor and its place on a tape. There are three kinds: a leaf, for which gradients are collected (a parameter, or
/// an input that one wants the gradient of); the result of an op that was recorded; and a constant, which every Tensor
/// becomes by itself. A Variable owns no tape: when its tape is gone or consumed, it is a constant with its value.
class Variable {
 public:
  /// Undefined.
  Variable() = default;
  /// A constant.
  Variable(Tensor value) : value_(std::move(value)) {}  // NOLINT(google-explicit-constructor): model(batch.images)
  /// A leaf: `grad()` holds its gradient after a backward. Copies are handles of the same leaf.
  /// Throws TypeError unless the value is float32 or float64.
  static Variable leaf(Tensor value, std::string name = {});

  /// False for a default-constructed one.
  [[nodiscard]] bool defined() const { return value_.defined(); }
  /// The numbers, without a gradient.
  [[nodiscard]] const Tensor& value() const { return value_; }

  /// Of the value; see Tensor:
  [[nodiscard]] const Shape& shape() const { return value_.shape(); }
  [[nodiscard]] std::int64_t size(std::int64_t axis) const { return value_.size(axis); }
  [[nodiscard]] int rank() const { return value_.rank(); }
  [[nodiscard]] std::int64_t numel() const { return value_.numel(); }
  [[nodiscard]] DType dtype() const { return value_.dtype(); }
  /// The value of a Variable with one element.
  [[nodiscard]] double item() const { return value_.item(); }

  /// Whether this is a handle of a leaf, such as a parameter.
  [[nodiscard]] bool is_leaf() const { return leaf_ != nullptr; }
  /// A leaf's gradient; undefined before the first backward and after zero_grad(). Throws AutogradError where this is
  /// no leaf.
  [[nodiscard]] const Tensor& grad() const;
  /// Puts another gradient in its place, or with an undefined one drops it. Throws AutogradError where this is no leaf,
  /// ShapeError and TypeError where the gradient is not like the value.
  void set_grad(Tensor grad) const;
  /// Drops the gradient. Throws AutogradError where this is no leaf.
  void zero_grad() const { set_grad({}); }
  /// Whether this is a leaf that tapes collect a gradient for.
  [[nodiscard]] bool requires_grad() const { return is_leaf() && leaf_->requires_grad; }
  /// Freezes a leaf, or thaws it again: a frozen one is a constant for what is recorded from then on. It keeps its
  /// value and name, and drops the gradient that it has, so that no optimizer moves it. Throws AutogradError where
  /// this is no leaf.
  void set_requires_grad(bool on) const;
  /// What the handles of this leaf share. Throws AutogradError where this is no leaf.
  [[nodiscard]] Leaf& leaf_state() const;
  /// Adds a function that is called with this Variable's gradient in every backward (and grad()) that computes it, once
  /// all of it has arrived: `f(const Variable& grad)`. What it returns goes on in the gradient's place; nothing, or an
  /// undefined Variable, lets it be. A leaf keeps its hooks, the others go with the tape. With {.create_graph = true}
  /// what the hook computes is recorded as well. Throws AutogradError where this is neither a leaf nor recorded on a
  /// tape that is alive on this thread.
  template <class F>
  HookHandle register_hook(F f) const {
    return add_hook(detail::make_hook<Variable, const Variable&>(std::move(f)));
  }
  /// A constant with the same value (and the same memory).
  [[nodiscard]] Variable detach() const { return Variable(value_); }

 private:
  friend class Step;
  friend class Tape;

  HookHandle add_hook(GradientHook hook) const;

  Tensor value_;
  std::shared_ptr<Leaf> leaf_;
  std::uint64_t tape_ = 0;  // the serial number of the tape that `place_` is on; 0: none
  std::int64_t place_ = -1;
};

/// The value, as a Tensor is printed.
inline std::ostream& operator<<(std::ostream& out, const Variable& variable) { return out << variable.value(); }

}  // namespace reel
