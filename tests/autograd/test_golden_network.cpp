#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

Variable batch_norm_case(const In& v, const GoldenCase& c) {
  const Shape channels{v[0].size(1)};
  const Tensor mean = c["running_mean"].clone();
  const Tensor variance = c["running_var"].clone();
  const Variable y = batch_norm(v[0], v.size() > 1 ? v[1] : Tensor::ones(channels, c.dtype()),
                                v.size() > 2 ? v[2] : Tensor::zeros(channels, c.dtype()), mean, variance,
                                {.training = c.attributes.flag("training"),
                                 .momentum = c.attributes.number("momentum"),
                                 .epsilon = c.attributes.number("eps")});
  const double tolerance = c.dtype() == float64 ? 1e-12 : 1e-6;
  CHECK(relative_error(mean, c["running_mean_after"]) <= tolerance);
  CHECK(relative_error(variance, c["running_var_after"]) <= tolerance);
  return y;
}

const GoldenCalls calls{
    {"linear", [](const In& v, const GoldenCase&) { return linear(v[0], v[1], optional(v, 2)); }},
    {"relu", [](const In& v, const GoldenCase&) { return relu(v[0]); }},
    {"leaky_relu",
     [](const In& v, const GoldenCase& c) { return leaky_relu(v[0], c.attributes.number("negative_slope")); }},
    {"sigmoid", [](const In& v, const GoldenCase&) { return sigmoid(v[0]); }},
    {"tanh", [](const In& v, const GoldenCase&) { return tanh(v[0]); }},
    {"gelu", [](const In& v, const GoldenCase&) { return gelu(v[0]); }},
    {"softmax", [](const In& v, const GoldenCase& c) { return softmax(v[0], axis(c)); }},
    {"log_softmax", [](const In& v, const GoldenCase& c) { return log_softmax(v[0], axis(c)); }},
    {"batch_norm", batch_norm_case},
};

}  // namespace

TEST_CASE("activations and normalisation agree with PyTorch") { check_golden("ops_network", calls, 50); }
