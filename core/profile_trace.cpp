#include <unistd.h>

#include <cstdio>
#include <reel/core/io/file.h>
#include <reel/core/io/json.h>
#include <reel/core/profile_record.h>

// The Trace Event Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU

namespace reel {
namespace {

using detail::SpanKind;

std::string quoted(std::string_view text) { return io::json_quote(io::replace_bad_utf8(text)); }

/// Nanoseconds as microseconds, all digits.
std::string in_us(std::int64_t ns) {
  char text[40];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(ns / 1000), static_cast<long long>(ns % 1000));
  return text;
}

const char* category(SpanKind kind) {
  constexpr const char* names[] = {"region", "op", "module", "backward", "backward"};
  return names[static_cast<int>(kind)];
}

/// What tells a viewer how to call the process or a thread.
std::string title(const char* what, const std::string& place, const std::string& name) {
  return concat(R"({"name": ")", what, R"(", "ph": "M", )", place, R"(, "args": {"name": )", quoted(name), "}}");
}

}  // namespace

std::string Profiler::Record::describe(const Event& event, std::int64_t until) const {
  const std::string& path = modules[event.module].path;
  const std::int64_t duration = event.duration >= 0 ? event.duration : until - event.begin;
  io::JsonObject arguments;
  if (!path.empty()) arguments.add("module", io::replace_bad_utf8(path));
  if (event.has_output) arguments.add("output", concat(event.output));
  if (event.multiply_adds > 0) {
    arguments.add("multiply_adds", event.multiply_adds);
    if (duration > 0)
      arguments.add("GFLOP/s", 2 * static_cast<double>(event.multiply_adds) / static_cast<double>(duration));
  }
  if (event.bytes > 0) arguments.add("bytes", event.bytes);
  const std::string name = event.is_module ? (path.empty() ? "(model)" : path) : ops[event.op].title();
  const char* kind = category(event.is_module ? SpanKind::module : ops[event.op].kind);
  return concat(R"("name": )", quoted(name), R"(, "cat": ")", kind, R"(", "ph": "X", "ts": )", in_us(event.begin),
                R"(, "dur": )", in_us(duration), R"(, "args": )", arguments.text());
}

std::string Profiler::trace() const {
  const Record& r = *record_;
  const std::int64_t until = r.last + r.pending();
  const std::string place = concat(R"("pid": )", getpid(), R"(, "tid": )", r.thread);
  std::string text = concat("{\"displayTimeUnit\": \"ms\", \"otherData\": {\"dropped_events\": ", r.dropped_events,
                            "},\n\"traceEvents\": [\n", title("process_name", place, "reel"), ",\n",
                            title("thread_name", place, concat("thread ", r.thread)));
  for (const Record::Event& event : r.events) text += ",\n{" + r.describe(event, until) + ", " + place + "}";
  return text + "\n]}\n";
}

void Profiler::save_trace(std::string_view path) const {
  const std::string text = trace();
  io::write_file(path, std::as_bytes(std::span(text)));
}

}  // namespace reel
