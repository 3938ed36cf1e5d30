#pragma once

#include <CLI/CLI.hpp>
#include <optional>
#include <string>

namespace examples {

/// For programs without options: an exit code where the program is to end at once, 0 after --help and 1 for anything
/// else on the command line.
inline std::optional<int> refuse_options(int argc, char** argv, const std::string& description) {
  CLI::App app(description);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return std::nullopt;
}

}  // namespace examples
