#pragma once

#include <reel/core/profiler.h>
#include <unordered_map>
#include <vector>

namespace reel {

/// What a profiler has seen. Times are nanoseconds since the process's first profiler.
struct Profiler::Record {
  /// An op, region or backward below another one; the first is the whole.
  struct OpNode {
    std::string name;
    detail::SpanKind kind = detail::SpanKind::region;
    std::uint32_t parent = 0;
    std::vector<std::uint32_t> children;
    std::int64_t calls = 0, time = 0, multiply_adds = 0;  // without those of the children
    std::uint64_t bytes = 0;

    [[nodiscard]] std::string title() const;
  };
  /// A module by its path; the first is what is in none.
  struct ModuleNode {
    std::string path;
    std::uint32_t parent = 0;
    std::vector<std::uint32_t> children;
    std::int64_t calls = 0, time = 0, multiply_adds = 0;
    std::int64_t backward_time = 0;  // a part of `time`
    std::uint64_t bytes = 0;
  };
  /// A piece of work that has begun and not ended.
  struct Frame {
    std::uint64_t token = 0;
    std::uint32_t op = 0;      // what its time counts for
    std::uint32_t module = 0;  // likewise
    std::uint32_t base = 0;    // the module that names of modules in it go on from
    bool is_backward = false, has_ops = false;
    std::size_t event = SIZE_MAX;  // none
  };
  struct Event {
    std::uint32_t op = 0, module = 0;
    bool is_module = false, has_output = false;
    std::int64_t begin = 0, duration = -1, multiply_adds = 0;  // the duration is -1 until it has ended
    std::uint64_t bytes = 0;
    Shape output;
  };

  ProfilerOptions options;
  int thread = 0;  // a small number for the trace
  std::vector<OpNode> ops{1};
  std::vector<ModuleNode> modules{1};
  std::unordered_map<std::string, std::uint32_t> module_places{{"", 0}};
  std::vector<Frame> frames{1};  // outermost first
  std::vector<Event> events;
  std::int64_t dropped_events = 0;
  std::int64_t begun = 0;
  std::int64_t last = 0;      // up to then all time is counted
  std::int64_t overhead = 0;  // of it, what this took
  bool is_stopped = false;

  [[nodiscard]] static std::int64_t now();
  /// What the innermost frame has done since `last`, as of now; nothing once it is stopped.
  [[nodiscard]] std::int64_t pending() const { return is_stopped ? 0 : now() - last; }
  /// Counts the time since `last` for an op, and for the innermost frame's module.
  void charge(std::uint32_t op, std::int64_t until);
  /// What was done since `until` was not the program's work.
  void go_on(std::int64_t until);
  std::uint32_t op_below(std::uint32_t parent, std::string_view name, detail::SpanKind kind);
  std::uint32_t module_at(const std::string& path);
  /// Keeps an event, unless there are enough. Returns its place, or SIZE_MAX.
  std::size_t add_event(const Event& event);
  /// The members of an event's JSON object but its place; `until` is when one ends that hasn't.
  [[nodiscard]] std::string describe(const Event& event, std::int64_t until) const;
  /// Writes down what all of it took.
  void close(ProfileTable& table, std::int64_t pending) const;
  void end_event(std::size_t place, std::int64_t until);
  void count(std::uint32_t op, std::uint32_t module, std::size_t event, std::int64_t multiply_adds,
             std::uint64_t bytes);
};

}  // namespace reel
