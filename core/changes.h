#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <string_view>

/// How a value that was kept for later is found to have been written over: memory remembers when it was taken and when
/// it was last changed in place, and a reader may ask for what is as it was.
namespace reel::detail {

/// A point in time. The clock advances with every change in place and by next_moment(), so that telling the time costs
/// no more than a load.
using Moment = std::uint64_t;
inline constexpr Moment end_of_time = std::numeric_limits<Moment>::max();

extern constinit std::atomic<Moment> clock;
[[nodiscard]] inline Moment now() { return clock.load(std::memory_order_relaxed); }
inline Moment next_moment() { return clock.fetch_add(1, std::memory_order_relaxed) + 1; }

/// Who reads, and what they must not read: memory that was there at `since` and was changed in place between then and
/// `until`.
struct Reader {
  Moment since = end_of_time;
  Moment until = end_of_time;
  std::string_view name = {};
  const void* excepted = nullptr;  // a Storage that may be read all the same
};

extern constinit thread_local Reader reader;

/// Until the end of the scope, this thread reads as `who`: Tensor::data() of what it must not read throws
/// AutogradError. `ReadScope({})` lets everything be read.
class ReadScope {
 public:
  explicit ReadScope(const Reader& who) : before_(reader) { reader = who; }
  ~ReadScope() { reader = before_; }
  ReadScope(const ReadScope&) = delete;
  ReadScope& operator=(const ReadScope&) = delete;

 private:
  Reader before_;
};

}  // namespace reel::detail
