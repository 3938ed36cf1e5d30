#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <iostream>
#include <optional>
#include <reel/core/error.h>
#include <string>

#include "output.h"

/// What the examples' options have in common.
namespace examples {

inline constexpr std::uint64_t most_counted = 1'000'000'000;  // images, epochs; nobody waits for more

/// Reads all of `text` as a number, and nothing else: no sign of plus, no octal or hexadecimal ones, none out of range.
template <class T>
bool read_number(const std::string& text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stopped == end;
}

/// Accepts whole numbers from `least` to `most`, and writes them without leading zeros, which CLI11 takes for octal.
inline CLI::Validator whole(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator(
      [least, most](std::string& text) {
        std::uint64_t value = 0;
        if (!read_number(text, value) || value < least || value > most) {
          return reel::concat("must be a whole number from ", least, " to ", most, ", got ", text);
        }
        text = std::to_string(value);
        return std::string();
      },
      reel::concat(">= ", least));
}

/// Accepts numbers from 0 on, and below `end` where there is one.
inline CLI::Validator from_zero(std::optional<double> end = std::nullopt) {
  const std::string below = end ? reel::concat(" and below ", *end) : "";
  return CLI::Validator(
      [end, below](std::string& text) {
        double value = 0;
        if (read_number(text, value) && std::isfinite(value) && value >= 0 && (!end || value < *end)) {
          return std::string();
        }
        return reel::concat("must be a number of at least 0", below, ", got ", text);
      },
      end ? reel::concat("in [0, ", *end, ")") : ">= 0");
}

/// Reads the command line into what the app's options are bound to, and does the work: what main returns. 0 where it
/// was done and its output taken, and after --help; else 1, with the reason on standard error.
int run_program(CLI::App& app, int argc, char** argv, const auto& work) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  try {
    work();
    require_written();
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << app.get_name() << ": " << error.what() << '\n';
    return 1;
  }
  return 0;
}

}  // namespace examples
