#include <reel/core/error.h>
#include <reel/core/scope.h>

namespace reel {

std::string with_scope(std::string_view op) {
  const std::string path = Scope::path();
  return path.empty() ? std::string(op) : concat(op, " (", path, ")");
}

}  // namespace reel
