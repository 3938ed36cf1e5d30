#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

namespace reel {

/// What a profiler saw of an op, a region or a module.
struct ProfileRow {
  std::string name;                ///< "conv2d", "conv2d backward"; of a module its path, "features.3"
  int depth = 0;                   ///< it is a part of the last row before it that has a smaller one
  std::int64_t calls = 0;          ///< of a module those of its forward
  double seconds = 0;              ///< with its parts
  double self_seconds = 0;         ///< without
  double backward_seconds = 0;     ///< those of `seconds` that a backward took
  std::int64_t multiply_adds = 0;  ///< with its parts, and so are the bytes
  std::uint64_t bytes = 0;         ///< of the ops' inputs and outputs; a view has none
};

/// A profile, row by row. Streaming it prints an aligned table.
struct ProfileTable {
  bool is_by_module = false;     ///< one of by_module(), not of by_op()
  std::vector<ProfileRow> rows;  ///< each before its parts
  ProfileRow rest;               ///< what is in none of them
  double profiler_seconds = 0;   ///< that profiling itself took
  ProfileRow total;              ///< all of it together
};
/// Prints the table.
std::ostream& operator<<(std::ostream& out, const ProfileTable& table);

}  // namespace reel
