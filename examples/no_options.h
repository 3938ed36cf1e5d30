#pragma once

#include <iostream>
#include <optional>
#include <string_view>

namespace examples {

/// For programs without options: an exit code where the program is to end at once, 0 after --help and 1 for anything
/// else on the command line.
inline std::optional<int> refuse_options(int argc, char** argv, std::string_view description) {
  if (argc < 2) return std::nullopt;
  const std::string_view word = argv[1];
  if (word == "--help" || word == "-h") {
    std::cout << description << "\nIt takes no options.\n";
    return 0;
  }
  std::cerr << argv[0] << ": takes no options, got " << word << "; --help tells what it does\n";
  return 1;
}

}  // namespace examples
