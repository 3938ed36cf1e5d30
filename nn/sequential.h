#pragma once

#include <initializer_list>
#include <reel/nn/module.h>

namespace reel::nn {

/// A layer of a Sequential with a name of its own.
struct NamedModule {
  /// Moves the module in.
  template <std::derived_from<Module> M>
  NamedModule(std::string its_name, M its_module)
      : name(std::move(its_name)), module(std::make_shared<M>(std::move(its_module))) {}

  std::string name;                ///< without a dot
  std::shared_ptr<Module> module;  ///< never null
};

/// Modules one after another, named 0, 1, 2, ... or by names of their own. Write the list in braces: they make the
/// modules, and so draw their initial weights, from left to right, where the order of arguments in parentheses is the
/// compiler's choice.
///
///     nn::Sequential model{nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10)};
///     nn::Sequential named{{"hidden", nn::Linear(784, 256)}, {"relu", nn::ReLU()}, {"out", nn::Linear(256, 10)}};
///
/// A layer does what it can of those behind it on its way out, in one pass over memory: Linear a ReLU, Conv2d a
/// BatchNorm2d in evaluation, a ReLU and a MaxPool2d(2), BatchNorm a ReLU and, in training, a MaxPool2d(2). Results,
/// to rounding, and errors are those of the layers one after another; what a ReLU or a pooling cuts off is not seen by
/// a tape that checks for finite values.
class Sequential : public Module {
 public:
  /// `Sequential{Linear(784, 256), ReLU()}`, named 0, 1, 2, ...
  template <std::derived_from<Module>... Ms>
  explicit Sequential(Ms... modules) {
    (append(std::move(modules)), ...);
  }
  /// Throws StateError for names that are empty, taken or have a dot.
  Sequential(std::initializer_list<NamedModule> modules);

  /// Adds a module at the end, by the name of its number or another one: one that is moved in, or by reference one that
  /// is registered already (see Module::add).
  template <class M>
  requires std::derived_from<std::remove_reference_t<M>, Module> Sequential& append(M&& module) {
    return append(std::to_string(layers_.size()), std::forward<M>(module));
  }

  /// The same by a name of its own. Throws StateError for one that is empty, taken or has a dot.
  template <class M>
  requires std::derived_from<std::remove_reference_t<M>, Module> Sequential& append(const std::string& name,
                                                                                    M&& module) {
    layers_.push_back(&add(name, std::forward<M>(module)));
    return *this;
  }

  /// Cuts the layers into `segments` of about equal length, each of which is a checkpoint: of what they compute while a
  /// tape records, only the segments' inputs are kept, and the backward computes the rest again, segment by segment.
  /// See reel::checkpoint; a square root of the number of layers is a good number of segments. 0 ends it. Throws
  /// ValueError for more segments than layers.
  Sequential& checkpoint_segments(std::size_t segments);

  /// How many modules there are.
  [[nodiscard]] std::size_t size() const { return layers_.size(); }
  /// Throws IndexError.
  [[nodiscard]] Module& operator[](std::size_t i) const;
  [[nodiscard]] std::string describe() const override { return "Sequential"; }

 protected:
  Variable forward(const Variable& x) override;

 private:
  std::vector<Module*> layers_;  // owned as children
  std::size_t segments_ = 0;
};

/// Runs layers one after another as a Sequential does, each doing what it can of those behind it: for a module that has
/// them under names of their own.
///
///     Variable forward(const Variable& x) override { return nn::in_sequence({&conv1, &bn1, &relu}, x); }
[[nodiscard]] Variable in_sequence(std::initializer_list<Module*> layers, const Variable& x);

}  // namespace reel::nn
