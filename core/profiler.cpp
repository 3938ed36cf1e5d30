#include <atomic>
#include <chrono>
#include <reel/core/profile_record.h>
#include <utility>

namespace reel {

using detail::SpanKind;

namespace {

thread_local std::uint64_t last_token = 0;  // no profiler of this thread takes another one's span for its own

int thread_number() {
  static std::atomic<int> threads{0};
  thread_local const int number = ++threads;
  return number;
}

}  // namespace

namespace detail {

std::uint64_t Span::begin(SpanKind kind, std::string_view name, std::string_view path) {
  return profiler->begin(kind, name, path);
}

void Span::end(std::uint64_t token) {
  if (profiler != nullptr) profiler->end(token);
}

}  // namespace detail

std::int64_t Profiler::Record::now() {
  using Clock = std::chrono::steady_clock;
  static const Clock::time_point start = Clock::now();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count();
}

void Profiler::Record::charge(std::uint32_t op, std::int64_t until) {
  const Frame& frame = frames.back();
  ops[op].time += until - last;
  ModuleNode& module = modules[frame.module];
  module.time += until - last;
  if (frame.is_backward) module.backward_time += until - last;
}

void Profiler::Record::go_on(std::int64_t until) {
  last = now();
  overhead += last - until;
}

std::uint32_t Profiler::Record::op_below(std::uint32_t parent, std::string_view name, SpanKind kind) {
  for (const std::uint32_t child : ops[parent].children) {
    if (ops[child].kind == kind && ops[child].name == name) return child;
  }
  const auto place = static_cast<std::uint32_t>(ops.size());
  ops.push_back({.name = std::string(name), .kind = kind, .parent = parent, .children = {}});
  ops[parent].children.push_back(place);
  return place;
}

std::uint32_t Profiler::Record::module_at(const std::string& path) {
  const auto found = module_places.find(path);
  if (found != module_places.end()) return found->second;
  // Those above it first: one that was only ever seen in a backward comes with its whole path.
  std::uint32_t parent = 0;
  for (std::size_t end = path.find('.');; end = path.find('.', end + 1)) {
    const std::string prefix = path.substr(0, end);
    const auto [place, is_new] = module_places.emplace(prefix, static_cast<std::uint32_t>(modules.size()));
    if (is_new) {
      modules.push_back({.path = prefix, .parent = parent, .children = {}});
      modules[parent].children.push_back(place->second);
    }
    parent = place->second;
    if (end == std::string::npos) return parent;
  }
}

std::size_t Profiler::Record::add_event(const Event& event) {
  if (events.size() < options.trace_events) {
    events.push_back(event);
    return events.size() - 1;
  }
  ++dropped_events;
  return SIZE_MAX;
}

void Profiler::Record::end_event(std::size_t place, std::int64_t until) {
  if (place != SIZE_MAX) events[place].duration = until - events[place].begin;
}

void Profiler::Record::count(std::uint32_t op, std::uint32_t module, std::size_t event, std::int64_t multiply_adds,
                             std::uint64_t bytes) {
  ops[op].multiply_adds += multiply_adds;
  ops[op].bytes += bytes;
  modules[module].multiply_adds += multiply_adds;
  modules[module].bytes += bytes;
  if (event == SIZE_MAX) return;
  events[event].multiply_adds += multiply_adds;
  events[event].bytes += bytes;
}

Profiler::Profiler(ProfilerOptions options) : record_(std::make_unique<Record>()) {
  require<StateError>(current() == nullptr, "Profiler", "another one is running on this thread; stop() it first");
  record_->options = options;
  record_->thread = thread_number();
  record_->begun = record_->last = Record::now();
  detail::profiler = this;
}

Profiler::~Profiler() { stop(); }

void Profiler::stop() {
  Record& r = *record_;
  if (std::exchange(r.is_stopped, true)) return;
  const std::int64_t until = Record::now();
  r.charge(r.frames.back().op, until);
  r.last = until;
  for (const Record::Frame& frame : r.frames) r.end_event(frame.event, until);
  r.frames.resize(1);
  detail::profiler = nullptr;
}

std::uint64_t Profiler::begin(SpanKind kind, std::string_view name, std::string_view path) {
  const std::int64_t until = Record::now();
  Record& r = *record_;
  Record::Frame frame = r.frames.back();
  r.charge(frame.op, until);
  frame.token = ++last_token;
  frame.has_ops = false;
  if (kind == SpanKind::module) {
    const std::string& above = r.modules[frame.base].path;
    if (!name.empty()) frame.module = r.module_at(above.empty() ? std::string(name) : concat(above, '.', name));
    if (!name.empty() && !frame.is_backward) ++r.modules[frame.module].calls;
    frame.base = frame.module;
  } else {
    frame.op = r.op_below(frame.op, name, kind);
    ++r.ops[frame.op].calls;
  }
  // What a backward calls opens scopes by whole paths.
  if (kind == SpanKind::sweep || kind == SpanKind::backward) frame.base = 0;
  if (kind == SpanKind::sweep) frame.is_backward = true;
  if (kind == SpanKind::backward) frame.module = r.module_at(std::string(path));
  frame.event = r.add_event(
      {.op = frame.op, .module = frame.module, .is_module = kind == SpanKind::module, .begin = until, .output = {}});
  r.frames.push_back(frame);
  r.go_on(until);
  return frame.token;
}

void Profiler::end(std::uint64_t token) {
  const std::int64_t until = Record::now();
  Record& r = *record_;
  // One that began before this profiler, or under another, is none of its own.
  std::size_t place = r.frames.size() - 1;
  while (place > 0 && r.frames[place].token != token) --place;
  if (place == 0) return;
  r.charge(r.frames.back().op, until);
  for (; r.frames.size() > place; r.frames.pop_back()) r.end_event(r.frames.back().event, until);
  r.go_on(until);
}

void Profiler::op(std::string_view name, std::int64_t multiply_adds, std::uint64_t bytes, const Shape& output) {
  const std::int64_t until = Record::now();
  Record& r = *record_;
  Record::Frame& frame = r.frames.back();
  frame.has_ops = true;
  std::uint32_t op = frame.op;
  std::size_t event = frame.event;
  if (r.ops[op].kind != SpanKind::op || r.ops[op].name != name) {
    op = r.op_below(op, name, SpanKind::op);
    ++r.ops[op].calls;
    event = r.add_event({.op = op, .module = frame.module, .begin = r.last, .duration = until - r.last, .output = {}});
  }
  r.charge(op, until);
  r.count(op, frame.module, event, multiply_adds, bytes);
  if (event != SIZE_MAX) {
    r.events[event].output = output;
    r.events[event].has_output = true;
  }
  r.go_on(until);
}

void Profiler::count(std::int64_t multiply_adds) {
  const Record::Frame& frame = record_->frames.back();
  record_->count(frame.op, frame.module, frame.event, multiply_adds, 0);
}

void Profiler::touch(std::uint64_t bytes) {
  const Record::Frame& frame = record_->frames.back();
  if (!frame.has_ops) record_->count(frame.op, frame.module, frame.event, 0, bytes);
}

}  // namespace reel
