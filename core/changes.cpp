#include <reel/core/changes.h>

namespace reel::detail {

constinit std::atomic<Moment> clock{0};
constinit thread_local Reader reader;

}  // namespace reel::detail
