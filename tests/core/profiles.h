#pragma once

#include <map>
#include <reel/core/io/json.h>
#include <reel/core/profiler.h>
#include <span>
#include <string>
#include <vector>

namespace reel::testing {

/// The rows by their names with those that they are parts of: "backward/linear backward/matmul".
inline std::map<std::string, ProfileRow> by_path(const ProfileTable& table) {
  std::map<std::string, ProfileRow> rows;
  std::vector<std::string> open;
  for (const ProfileRow& row : table.rows) {
    open.resize(static_cast<std::size_t>(row.depth));
    open.push_back(open.empty() || table.is_by_module ? row.name : open.back() + "/" + row.name);
    rows[open.back()] = row;
  }
  return rows;
}

/// The sum of all self times, of the rest and of what the profiler took.
inline double sum_of_parts(const ProfileTable& table) {
  double sum = table.rest.seconds + table.profiler_seconds;
  for (const ProfileRow& row : table.rows) sum += row.self_seconds;
  return sum;
}

struct TraceEvent {
  std::string name, category, phase, module, output;
  double begin = 0, duration = 0, thread = 0, multiply_adds = 0;
};

/// The events of a trace, read as JSON.
inline std::vector<TraceEvent> read_trace(const std::string& text) {
  io::JsonReader json(io::ByteReader(std::as_bytes(std::span(text)), "trace"));
  std::vector<TraceEvent> events;
  const auto arguments = [&](TraceEvent& event) {
    json.object([&](const std::string& key) {
      if (key == "module") event.module = json.string();
      else if (key == "output") event.output = json.string();
      else if (key == "multiply_adds") event.multiply_adds = json.number();
      else json.skip();
    });
  };
  json.object([&](const std::string& member) {
    if (member != "traceEvents") return json.skip();
    json.array([&] {
      TraceEvent& event = events.emplace_back();
      json.object([&](const std::string& key) {
        if (key == "name") event.name = json.string();
        else if (key == "cat") event.category = json.string();
        else if (key == "ph") event.phase = json.string();
        else if (key == "ts") event.begin = json.number();
        else if (key == "dur") event.duration = json.number();
        else if (key == "tid") event.thread = json.number();
        else if (key == "args") arguments(event);
        else json.skip();
      });
    });
  });
  json.end();
  return events;
}

}  // namespace reel::testing
