#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <reel/core/profile_table.h>
#include <reel/core/shape.h>
#include <reel/core/span.h>
#include <string>
#include <string_view>

namespace reel {

/// What a profiler notes down.
struct ProfilerOptions {
  /// How many pieces of work the trace keeps, in 136 bytes each. Later ones are in the tables alone.
  std::size_t trace_events = 200'000;
};

/// Times what this thread does while it is alive, or until stop(): ops with a tape and without, their backwards,
/// modules, steps of optimizers, waiting for batches, and regions of one's own.
///
///     Profiler profiler;
///     for (int i = 0; i < 20; ++i) step();
///     std::cout << profiler.by_op() << '\n' << profiler.by_module();
///     profiler.save_trace("trace.json");  // for https://ui.perfetto.dev or chrome://tracing
///
/// An op says that it is there when it has its result. So its time begins where the thread's last one, or a module,
/// region or backward, began or ended: work of one's own between two ops counts for the second, unless it is in a
/// ProfileRegion. Every nanosecond counts once: self times, the rest and what the profiler itself took add up to the
/// whole. With no profiler on a thread, a branch for each op is all that this costs.
class Profiler {
 public:
  /// Throws StateError where another one is running on this thread.
  explicit Profiler(ProfilerOptions options = {});
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;
  /// It watches the thread that made it, so it lives in a scope: std::optional holds one that is not always wanted.
  static void* operator new(std::size_t) = delete;

  /// Ends the watch; what was seen stays. Does nothing the second time.
  void stop();

  /// What was done, by op: parts of an op or a region are listed under it, those that took longest first.
  [[nodiscard]] ProfileTable by_op() const;
  /// The same by the module that it was done in, in the order of the first calls; a backward counts for the module of
  /// its forward.
  [[nodiscard]] ProfileTable by_module() const;
  /// What was done, piece by piece, in Chrome's Trace Event Format (JSON). Traces of several threads, each made by
  /// the thread's own profiler, are on one scale of time.
  [[nodiscard]] std::string trace() const;
  /// Writes trace() to a file. Throws IoError.
  void save_trace(std::string_view path) const;

  // For what is to be seen; see record(), Span and ProfileRegion.

  /// The one that is running on this thread, or null.
  [[nodiscard]] static Profiler* current() { return detail::profiler; }
  /// An op has computed its result; where a Span of its name is the innermost, that was the op's.
  void op(std::string_view name, std::int64_t multiply_adds, std::uint64_t bytes, const Shape& output);
  /// The innermost piece of work computes this by itself, and not by ops.
  void count(std::int64_t multiply_adds);
  /// Likewise, it has touched this much memory; no news where ops in it said so.
  void touch(std::uint64_t bytes);

 private:
  friend class detail::Span;
  struct Record;

  std::uint64_t begin(detail::SpanKind kind, std::string_view name, std::string_view path);
  void end(std::uint64_t token);

  std::unique_ptr<Record> record_;
};

/// A part of a program that a profiler lists by a name, with what is done in it: `const ProfileRegion
/// region("augment");`
class ProfileRegion {
 public:
  /// Begins the part, which ends with this object.
  explicit ProfileRegion(std::string_view name) : span_(detail::SpanKind::region, name) {}

 private:
  detail::Span span_;
};

}  // namespace reel
