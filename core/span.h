#pragma once

#include <cstdint>
#include <string_view>

namespace reel {

class Profiler;

namespace detail {

inline thread_local constinit Profiler* profiler = nullptr;  // this thread's, where one is running

enum class SpanKind : std::uint8_t {
  region,    // of a program, and what of Reel is none of the others
  op,        // one that has others as parts, and is recorded in the end
  module,    // a Scope; its name is added to the path
  sweep,     // a walk backwards over a tape
  backward,  // of one op, for the module at `path`
};

/// Work that this thread's profiler sees as one piece, until the end of the scope. Without a profiler it is one branch.
class Span {
 public:
  explicit Span(SpanKind kind, std::string_view name, std::string_view path = {}) {
    if (profiler != nullptr) [[unlikely]]
      token_ = begin(kind, name, path);
  }
  ~Span() {
    if (token_ != 0) [[unlikely]]
      end(token_);
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

 private:
  static std::uint64_t begin(SpanKind kind, std::string_view name, std::string_view path);
  static void end(std::uint64_t token);

  std::uint64_t token_ = 0;  // 0: no profiler was running
};

}  // namespace detail
}  // namespace reel
