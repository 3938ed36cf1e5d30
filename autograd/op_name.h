#pragma once

#include <string_view>

namespace reel::detail {

/// The one copy of an op's name, which is kept for the life of the process: entries of a tape are many, names are few.
[[nodiscard]] std::string_view keep_name(std::string_view op);

}  // namespace reel::detail
