#pragma once

#include <array>
#include <concepts>
#include <memory>
#include <ostream>
#include <reel/core/state_dict.h>
#include <reel/nn/module_call.h>
#include <reel/nn/module_hooks.h>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace reel::nn {

/// Names are those of PyTorch: `conv1.weight`.
using StateDict = reel::StateDict;

class Module;

/// The layers behind one in a Sequential, from the next one on.
using LayersBehind = std::span<Module* const>;

/// A layer or a model: parameters, buffers (tensors that belong to the state but are not trained), child modules and
/// a forward. A module of one's own registers what it owns by the call that makes it:
///
///     struct Net : nn::Module {
///       nn::Linear& hidden = add("hidden", nn::Linear(784, 256));
///       nn::Linear& out = add("out", nn::Linear(256, 10));
///       const Variable& scale = parameter("scale", Tensor::ones({10}));
///       Variable forward(const Variable& x) override { return scale * out(relu(hidden(x))); }
///     };
///
/// What is forgotten is found: modules don't copy, and a call throws StateError where it meets a module with parameters
/// that is registered nowhere, or, while a tape records, a leaf that is neither an input nor a parameter of the
/// outermost module that was called; the message says how to register it. What can't be found: leaves that are used on
/// no tape or on one that is made within the call, leaves that were on the tape before it, and all that a method of
/// one's own uses without enter(). Modules can be moved before and after use; one that was moved from throws when it is
/// called.
///
/// A module or a parameter may have two places, as in tied weights:
///
///     Decoder& decoder = add("decoder", Decoder());
///     Decoder& again = add("again", decoder);       // the same module, registered once more
///     LanguageModel() { out.tie("weight", embedding.weight()); }
///
/// It is counted, saved and stepped once, under the name of its first place; state dicts that have it under any of its
/// names, as PyTorch's have it under all, can be loaded.
class Module : public std::enable_shared_from_this<Module> {
 public:
  Module() = default;
  virtual ~Module() = default;
  /// Moves all that the module owns; references to its parameters, buffers and children stay good:
  Module(Module&&) noexcept = default;
  Module& operator=(Module&&) noexcept = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// Runs forward, so that errors name the module's path.
  Variable operator()(const Variable& x);
  /// The same for a layer of a Sequential, and those layers behind it that it can do on its way out, such as a ReLU: it
  /// takes them off the front of `behind`.
  Variable operator()(const Variable& x, LayersBehind& behind);

  /// This module's parameters and those of its children, in the order of registration; what has two places at its
  /// first.
  [[nodiscard]] std::vector<Variable> parameters() const;
  /// The same by their paths, `features.0.weight`.
  [[nodiscard]] std::vector<std::pair<std::string, Variable>> named_parameters() const;
  /// The buffers of this module and its children by their paths, in the same order.
  [[nodiscard]] std::vector<std::pair<std::string, Tensor>> named_buffers() const;
  /// The direct children.
  [[nodiscard]] std::vector<std::pair<std::string, Module*>> named_children() const;
  /// All modules below this one by their paths, parents first, to do something with each:
  ///
  ///     for (const auto& [path, module] : model.named_modules()) {
  ///       if (auto* norm = dynamic_cast<nn::BatchNorm*>(module)) norm->eval();
  ///     }
  [[nodiscard]] std::vector<std::pair<std::string, Module*>> named_modules() const;
  /// How many numbers all parameters have, frozen ones too.
  [[nodiscard]] std::int64_t parameter_count() const;

  /// Switches this module and its children between training and evaluation (Dropout, BatchNorm).
  void train(bool on = true);
  /// `train(false)`
  void eval() { train(false); }
  /// Whether this module itself trains; it does from the start.
  [[nodiscard]] bool is_training() const { return training_; }
  /// Drops the gradients of all parameters.
  void zero_grad() const;
  /// The names of the parameters that want a gradient and have none: those that nothing led to in the backwards since
  /// zero_grad().
  [[nodiscard]] std::vector<std::string> parameters_without_grad() const;

  /// Adds a function that is called before forward, `f(Module&, const Variable& x)`. What it returns goes in in x's
  /// place; nothing, or an undefined Variable, lets x be. Hooks of all kinds are called in the order in which they were
  /// added, and a module that has some does none of its neighbours' work in a Sequential, nor do they its. Methods of
  /// one's own have no hooks.
  template <class F>
  HookHandle register_forward_pre_hook(F f) {
    return hooks().before.add(detail::make_hook<Variable, Module&, const Variable&>(std::move(f)));
  }
  /// The same after forward: `f(Module&, const Variable& x, const Variable& y)`, for the output y.
  template <class F>
  HookHandle register_forward_hook(F f) {
    return hooks().after.add(detail::make_hook<Variable, Module&, const Variable&, const Variable&>(std::move(f)));
  }
  /// The same in a backward, `f(Module&, const Variable& grad)`, for the gradient of the output.
  template <class F>
  HookHandle register_full_backward_pre_hook(F f) {
    return hooks().backward.add(detail::make_hook<Variable, Module&, const Variable&>(std::move(f)));
  }

  /// Freezes the parameters of this module and its children, or thaws them, as PyTorch's requires_grad_(not on): frozen
  /// ones are constants for the tape, keep value and name, get no gradient, and optimizers leave them alone. Buffers
  /// are something else: in training a frozen BatchNorm normalises by the batch and moves its running statistics, as in
  /// PyTorch; call eval() on it, after each train() of what is above it, to keep those too.
  void freeze(bool on = true) const;
  /// `freeze(false)`
  void unfreeze() const { freeze(false); }
  /// Makes a parameter of this module itself the same as another one, whose value it takes on. Throws StateError where
  /// this module has none of that name, and ShapeError or TypeError where that wants another shape or dtype.
  void tie(const std::string& name, const Variable& parameter);

  /// Parameters and buffers by name. The tensors share memory with the module; clone() what is to stay.
  [[nodiscard]] StateDict state_dict() const;
  /// Copies the values in. Throws StateError, which lists everything missing, unexpected, and of another shape or
  /// dtype; then nothing was changed. Where a dict has something under several of its names, the last one counts.
  void load_state_dict(const StateDict& state);

  /// One line: the layer's name and options.
  [[nodiscard]] virtual std::string describe() const;
  /// The module and its children as an indented tree.
  friend std::ostream& operator<<(std::ostream& out, const Module& module);

 protected:
  /// What the module computes. Modules with other signatures give themselves methods of their own.
  virtual Variable forward(const Variable& x);
  /// What the module computes together with the layers behind it: forward(x), and it takes none of them. A layer that
  /// can do some in the same pass overrides it, has its forward call it with nothing behind, and makes that final, so
  /// that what is derived from the layer changes both or neither.
  virtual Variable forward_with(const Variable& x, LayersBehind& behind);

  /// Opens a method of one's own as the call operator opens forward, until the end of the scope: errors name the
  /// module's path, and what was never registered is found. Leaves among the inputs are no parameters that were
  /// forgotten.
  ///
  ///     Variable encode(const Variable& x) {
  ///       const auto call = enter(x);
  ///       return hidden(x);
  ///     }
  template <std::convertible_to<Variable>... Inputs>
  [[nodiscard]] ModuleCall enter(const Inputs&... inputs) const {
    const std::array<Variable, sizeof...(Inputs)> all{inputs...};
    return ModuleCall(*this, all);
  }

  /// Registers a parameter with its initial value. Throws StateError for a name that is empty, taken or has a dot.
  const Variable& parameter(const std::string& name, Tensor initial);
  /// Registers a buffer.
  Tensor& buffer(const std::string& name, Tensor initial);
  /// Registers a child and hands it back: one that is moved in, or, given a reference, one that is registered somewhere
  /// already, once more. Throws StateError for a reference to one that is not, and for one that this module is part of.
  template <class M>
  requires std::derived_from<std::remove_reference_t<M>, Module>
  auto& add(const std::string& name, M&& child) {
    if constexpr (std::is_lvalue_reference_v<M>) {
      share_child(name, child);
      return child;
    } else {
      return static_cast<M&>(add_child(name, std::make_shared<M>(std::forward<M>(child))));
    }
  }
  /// The same for a module that is shared already. Throws StateError for a name that is empty, taken or has a dot.
  Module& add_child(const std::string& name, std::shared_ptr<Module> child);

 private:
  friend class ModuleCall;
  /// True once its module was moved from.
  struct MovedFrom {
    MovedFrom() = default;
    MovedFrom(MovedFrom&& other) noexcept : value(std::exchange(other.value, true)) {}
    MovedFrom& operator=(MovedFrom&& other) noexcept {
      value = std::exchange(other.value, true);
      return *this;
    }
    bool value = false;
  };
  template <class T>
  struct Named {
    std::string name;
    std::shared_ptr<T> item;  // by pointer: references stay good when more is registered or the module moves
  };

  /// Where a parameter or buffer stands; those of one identity are the same.
  struct Place {
    std::string name;
    const void* identity;
    Tensor tensor;
  };

  [[nodiscard]] std::vector<Place> places() const;
  [[nodiscard]] ModuleHooks& hooks();
  Variable call_hooked(const Variable& x);
  void share_child(const std::string& name, Module& registered);
  void require_free(const std::string& name) const;
  void print(std::ostream& out, int depth) const;
  [[nodiscard]] bool has_parameters() const;
  void collect_leaves(std::vector<const Leaf*>& leaves) const;

  std::vector<Named<Variable>> parameters_;
  std::vector<Named<Tensor>> buffers_;
  std::vector<Named<Module>> children_;
  std::unique_ptr<ModuleHooks> hooks_;  // none before the first
  std::string name_;                    // as a child; empty for a root
  bool training_ = true;
  MovedFrom moved_from_;
};

}  // namespace reel::nn
