#pragma once

#include <optional>
#include <string>
#include <vector>

namespace reel::data {

struct ProcessResult {
  int exit_code = 0;   // 128 + the signal's number where a signal ended it, as a shell tells it
  std::string errors;  // what it wrote to stderr
};

/// Runs a program, looked up in PATH, with these arguments and without a shell, and waits for its end. Its stdin and
/// stdout are /dev/null. Nothing where there is no such program. Throws IoError where the system refuses to start it.
[[nodiscard]] std::optional<ProcessResult> run_process(const std::string& program,
                                                       const std::vector<std::string>& arguments);

}  // namespace reel::data
