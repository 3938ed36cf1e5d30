#include <reel/core/scope.h>

namespace reel {
namespace {
thread_local Scope* innermost = nullptr;
}  // namespace

Scope::Scope(std::string_view name) : name_(name), outer_(innermost), span_(detail::SpanKind::module, name) {
  innermost = this;
  ++changes_;
}

Scope::~Scope() {
  innermost = outer_;
  ++changes_;
}

std::string Scope::path() {
  std::string path;
  for (const Scope* scope = innermost; scope != nullptr; scope = scope->outer_) {
    if (scope->name_.empty()) continue;
    path.insert(0, path.empty() ? std::string(scope->name_) : std::string(scope->name_) + ".");
  }
  return path;
}

}  // namespace reel
