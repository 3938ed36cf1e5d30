#include <hwy/highway.h>

#include <cstdlib>
#include <reel/core/error.h>
#include <reel/core/kernels/simd.h>
#include <string_view>

namespace reel::kernels {
namespace {

/// Found out once, before the first vector kernel is picked.
bool find_vectors() {
  const char* variable = std::getenv("REEL_VECTORS");
  const std::string_view wish = variable == nullptr ? "" : variable;
  require<ValueError>(wish.empty() || wish == "avx2" || wish == "none", "vectors",
                      "REEL_VECTORS may be avx2, none or unset, is ", wish);
#if HWY_ARCH_X86
  // A lower number is a better target.
  if (wish == "avx2") hwy::DisableTargets(HWY_AVX2 - 1);
  if (wish == "none") hwy::DisableTargets(2 * HWY_AVX2 - 1);  // some kernels have nothing but vectors
#endif
  const std::int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
  const std::int64_t best = supported & -supported;
  return wish != "none" && best != HWY_SCALAR && best != HWY_EMU128;
}

}  // namespace

bool has_fast_vectors() {
  static const bool has = find_vectors();
  return has;
}

}  // namespace reel::kernels
