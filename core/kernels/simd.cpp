#include <hwy/highway.h>

#include <cstdlib>
#include <reel/core/error.h>
#include <reel/core/kernels/simd.h>
#include <string_view>

namespace reel::kernels {
namespace {

struct Choice {
  std::int64_t target;  // Highway's number; of two, the lower is the better
  bool has_vectors;
};

/// Made once, before the first vector kernel is picked.
const Choice& choice() {
  static const Choice made = [] {
    const char* variable = std::getenv("REEL_VECTORS");
    const std::string_view wish = variable == nullptr ? "" : variable;
    require<ValueError>(wish.empty() || wish == "avx2" || wish == "none", "vectors",
                        "REEL_VECTORS may be avx2, none or unset, is ", wish);
#if HWY_ARCH_X86
    if (wish == "avx2") hwy::DisableTargets(HWY_AVX2 - 1);
#endif
    const std::int64_t supported = hwy::SupportedTargets() & HWY_TARGETS;
    const std::int64_t best = supported & -supported;
    return Choice{best, wish != "none" && best != HWY_SCALAR && best != HWY_EMU128};
  }();
  return made;
}

}  // namespace

std::string simd_name() { return has_fast_vectors() ? hwy::TargetName(choice().target) : "none"; }
bool has_fast_vectors() { return choice().has_vectors; }

}  // namespace reel::kernels
