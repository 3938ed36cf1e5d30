#include <hwy/highway.h>

#include <bit>
#include <cstdlib>
#include <reel/core/error.h>
#include <reel/core/kernels/simd.h>
#include <string_view>

namespace reel::kernels {
namespace {

/// What is used, as Highway's number: the lowest bit is the best. Read once, before the first kernel is chosen.
std::int64_t target() {
  static const std::int64_t best = [] {
    const char* variable = std::getenv("REEL_SIMD");
    const std::string_view wish = variable == nullptr ? "" : variable;
    require<ValueError>(wish.empty() || wish == "avx2" || wish == "none", "simd",
                        "REEL_SIMD may be avx2, none or unset, is ", wish);
    if (wish == "avx2") hwy::DisableTargets(HWY_AVX3 | HWY_AVX3_DL);
    const std::int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
    return wish == "none" ? std::int64_t{HWY_STATIC_TARGET} : supported & -supported;
  }();
  return best;
}

}  // namespace

std::string simd_name() { return hwy::TargetName(target()); }
bool has_fast_vectors() { return target() != HWY_STATIC_TARGET || HWY_STATIC_TARGET == HWY_NEON; }

}  // namespace reel::kernels
