#pragma once

#include <reel/nn/module.h>

namespace reel::nn {

/// Modules of a kind, or of any, under the names 0, 1, 2, ...; what is done with them is up to the module that has
/// them. Errors call them by their numbers, since the list itself is never called.
///
///     struct Net : nn::Module {
///       nn::ModuleList<Block>& blocks = add("blocks", nn::ModuleList<Block>());
///       Net() { for (int i = 0; i < 4; ++i) blocks.append(Block(64)); }
///       Variable forward(const Variable& x) override {
///         Variable y = x;
///         for (Block& block : blocks) y = block(y);
///         return y;
///       }
///     };
template <std::derived_from<Module> M = Module>
class ModuleList : public Module {
 public:
  /// Goes over the modules by reference.
  class Iterator {
   public:
    /// At a place in the list.
    explicit Iterator(M* const* at) : at_(at) {}
    /// The module.
    M& operator*() const { return **at_; }
    /// The next one.
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    /// Whether both are at the same place.
    bool operator==(const Iterator&) const = default;

   private:
    M* const* at_;
  };

  /// Write the list in braces: they make the modules, and so draw their initial weights, from left to right, where the
  /// order of arguments in parentheses is the compiler's choice.
  template <class... Ms>
  requires(std::derived_from<Ms, M>&&...) explicit ModuleList(Ms... modules) { (append(std::move(modules)), ...); }

  /// Adds a module at the end: one that is moved in, or by reference one that is registered already (see Module::add).
  template <class N>
  requires std::derived_from<std::remove_reference_t<N>, M> ModuleList& append(N&& module) {
    modules_.push_back(&add(std::to_string(modules_.size()), std::forward<N>(module)));
    return *this;
  }

  /// How many modules there are.
  [[nodiscard]] std::size_t size() const { return modules_.size(); }
  /// Throws IndexError.
  [[nodiscard]] M& operator[](std::size_t i) const {
    require<IndexError>(i < size(), describe(), "module ", i, " is outside [0, ", size(), ")");
    return *modules_[i];
  }
  /// For a range-for, in order:
  [[nodiscard]] Iterator begin() const { return Iterator(modules_.data()); }
  [[nodiscard]] Iterator end() const { return Iterator(modules_.data() + modules_.size()); }
  [[nodiscard]] std::string describe() const override { return "ModuleList"; }

 private:
  std::vector<M*> modules_;  // owned as children
};

}  // namespace reel::nn
