#include <doctest/doctest.h>

#include <reel/autograd/ops/layer_norm.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

double eps_or(const GoldenCase& c, double other) {
  return c.attributes.has("eps") ? c.attributes.number("eps") : other;
}

Variable rms_norm_case(const In& v, const GoldenCase& c) {
  const Shape shape = c.attributes.dims("normalized_shape");
  if (!c.attributes.has("eps")) return rms_norm(v[0], shape, optional(v, 1));
  return rms_norm(v[0], shape, optional(v, 1), c.attributes.number("eps"));
}

Variable instance_norm_case(const In& v, const GoldenCase& c) {
  const bool tracks = c.attributes.flag("tracks");
  const Tensor mean = tracks ? c["running_mean"].clone() : Tensor();
  const Tensor variance = tracks ? c["running_var"].clone() : Tensor();
  const Variable y = instance_norm(v[0], optional(v, 1), optional(v, 2), mean, variance,
                                   {.training = c.attributes.flag("training"),
                                    .momentum = c.attributes.number("momentum"),
                                    .eps = c.attributes.number("eps")});
  if (tracks) {
    const double tolerance = c.dtype() == float64 ? 1e-12 : 1e-6;
    CHECK(relative_error(mean, c["running_mean_after"]) <= tolerance);
    CHECK(relative_error(variance, c["running_var_after"]) <= tolerance);
  }
  return y;
}

const GoldenCalls calls{
    {"layer_norm",
     [](const In& v, const GoldenCase& c) {
       return layer_norm(v[0], c.attributes.dims("normalized_shape"), optional(v, 1), optional(v, 2), eps_or(c, 1e-5));
     }},
    {"rms_norm", rms_norm_case},
    {"group_norm",
     [](const In& v, const GoldenCase& c) {
       return group_norm(v[0], c.attributes.integer("num_groups"), optional(v, 1), optional(v, 2), eps_or(c, 1e-5));
     }},
    {"instance_norm", instance_norm_case},
};

}  // namespace

TEST_CASE("layer, RMS, group and instance normalisation agree with PyTorch") { check_golden("ops_norm", calls, 74); }
