#pragma once

#include <string>
#include <vector>

namespace mnist {

/// "a, b or c", for a message.
inline std::string any_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += name == names.back() ? " or " : ", ";
    text += name;
  }
  return text;
}

}  // namespace mnist
