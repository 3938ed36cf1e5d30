#pragma once

#include <cstdlib>
#include <string>

namespace reel::testing {

/// How many random configurations a sweep checks: `everyday`, or what the environment's REEL_FULL_SWEEP says, where 1
/// stands for 10,000.
inline int sweep_size(int everyday) {
  const char* wanted = std::getenv("REEL_FULL_SWEEP");
  if (wanted == nullptr) return everyday;
  const int count = std::stoi(wanted);
  return count == 1 ? 10'000 : count;
}

}  // namespace reel::testing
