#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>

namespace reel {

/// The most threads that set_num_threads takes. Those beyond the cores only cost time: on two cores a short run of
/// lenet5 took 4 s with 2 threads, 8 s with 512, 19 s with 1024 and 102 s with 2048.
inline constexpr int max_threads = 1024;

/// Sets how many threads Reel computes with, for the whole process. The default is the number of cores that
/// the process may use, max_threads at most. Results don't depend on it. Throws ValueError for n < 1 and n >
/// max_threads.
void set_num_threads(int n);
/// How many they are.
[[nodiscard]] int num_threads();

namespace detail {
using Body = void (*)(const void* context, std::int64_t begin, std::int64_t end);
void parallel_for(std::int64_t n, std::int64_t chunk, Body body, const void* context);
}  // namespace detail

/// Cuts [0, n) into chunks of `chunk` (the last may be shorter) and calls `f(begin, end)` once for each, on any thread
/// and in any order. The cuts depend on n and chunk alone, never on the number of threads. One chunk runs on
/// the caller's thread without further ado, so a `chunk` chosen by cost keeps small work serial. There is one level of
/// parallelism: what an `f` that runs beside others calls in its turn is done on its own thread, chunk by chunk.
/// The first exception that an `f` throws arrives at the caller.
template <class F>
void parallel_for(std::int64_t n, std::int64_t chunk, const F& f) {
  if (n <= 0) return;
  if (n <= chunk) return f(std::int64_t{0}, n);
  detail::parallel_for(
      n, chunk,
      [](const void* context, std::int64_t begin, std::int64_t end) { (*static_cast<const F*>(context))(begin, end); },
      std::addressof(f));
}

}  // namespace reel
