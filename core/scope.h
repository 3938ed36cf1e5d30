#pragma once

#include <cstdint>
#include <reel/core/span.h>
#include <string>
#include <string_view>

namespace reel {

/// Where in a model this thread is computing. A module opens a Scope with its name around its forward;
/// error messages then carry the path of the open ones, as in `conv2d (features.3)`, and profilers see whose time it
/// is.
class Scope {
 public:
  /// `name` must outlive the scope. An empty name adds nothing to the path (a model's root has none).
  explicit Scope(std::string_view name);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  /// The names of this thread's open scopes, outermost first, joined by dots.
  [[nodiscard]] static std::string path();
  /// How often this thread has opened or closed a scope: while it stays the same, so does the path.
  [[nodiscard]] static std::uint64_t changes() { return changes_; }

 private:
  static inline thread_local constinit std::uint64_t changes_ = 0;
  std::string_view name_;
  Scope* outer_;
  detail::Span span_;
};

}  // namespace reel
