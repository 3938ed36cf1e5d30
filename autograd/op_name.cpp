#include <array>
#include <cstdint>
#include <mutex>
#include <reel/autograd/op_name.h>
#include <string>
#include <unordered_set>

namespace reel::detail {
namespace {

std::string_view keep(std::string_view op) {
  static std::mutex mutex;
  static std::unordered_set<std::string> names;  // a set's elements stay where they are
  const std::scoped_lock lock(mutex);
  return *names.emplace(op).first;
}

}  // namespace

std::string_view keep_name(std::string_view op) {
  // Names are literals, as a rule: the same place holds the same name again.
  thread_local std::array<std::string_view, 64> recent;
  std::string_view& last = recent[(reinterpret_cast<std::uintptr_t>(op.data()) >> 2) % recent.size()];
  if (last != op) last = keep(op);
  return last;
}

}  // namespace reel::detail
