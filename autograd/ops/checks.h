#pragma once

#include <reel/autograd/variable.h>
#include <string_view>

namespace reel {

/// Throws ValueError for an undefined input of `op`, and TypeError for one that holds no floats.
inline void require_floats(std::string_view op, const Variable& x) {
  require_defined(op, x.value());
  visit_floats(op, x.dtype(), [](auto) {});
}

}  // namespace reel
