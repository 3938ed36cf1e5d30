#pragma once

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace reel {

class Variable;

/// What is left in the hand of who added a hook. To let go of it leaves the hook where it is.
class HookHandle {
 public:
  HookHandle() = default;
  /// For those who keep hooks: the hook is called while `on` is alive and true.
  explicit HookHandle(std::weak_ptr<bool> on) : on_(std::move(on)) {}
  /// From now on the hook is not called. Does nothing where that is so already.
  void remove() const {
    if (const auto on = on_.lock()) *on = false;
  }

 private:
  std::weak_ptr<bool> on_;
};

namespace detail {

/// Hooks in the order in which they were added.
template <class Hook>
class HookList {
 public:
  HookHandle add(Hook hook) {
    std::erase_if(hooks_, [](const auto& other) { return !other->on; });
    hooks_.push_back(std::make_shared<Item>(std::move(hook)));
    return HookHandle(std::shared_ptr<bool>(hooks_.back(), &hooks_.back()->on));
  }
  [[nodiscard]] bool empty() const { return hooks_.empty(); }
  /// Calls `visit(hook)` for each. A hook may add and remove hooks.
  template <class F>
  void for_each(const F& visit) const {
    const auto hooks = hooks_;
    for (const auto& item : hooks) {
      if (item->on) visit(item->hook);
    }
  }

 private:
  struct Item {
    explicit Item(Hook f) : hook(std::move(f)) {}
    Hook hook;
    bool on = true;
  };
  std::vector<std::shared_ptr<Item>> hooks_;
};

/// `f` as a hook that returns a Result; where f returns nothing, that is an undefined one, which lets everything be.
template <class Result, class... Arguments, class F>
[[nodiscard]] auto make_hook(F f) {
  return [f = std::move(f)](Arguments... arguments) mutable -> Result {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, Arguments...>>) {
      f(arguments...);
      return {};
    } else {
      return f(arguments...);
    }
  };
}

}  // namespace detail

/// Sees a gradient, and may give back another in its place; undefined: it stays.
using GradientHook = std::function<Variable(const Variable& grad)>;

}  // namespace reel
