#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

double number_or(const GoldenCase& c, const std::string& key, double other) {
  return c.attributes.has(key) ? c.attributes.number(key) : other;
}

const GoldenCalls calls{
    {"gelu",
     [](const In& v, const GoldenCase& c) {
       return gelu(v[0], c.attributes.word("approximate") == "tanh" ? Approximate::tanh : Approximate::none);
     }},
    {"silu", [](const In& v, const GoldenCase&) { return silu(v[0]); }},
    {"elu", [](const In& v, const GoldenCase& c) { return elu(v[0], number_or(c, "alpha", 1)); }},
    {"hardswish", [](const In& v, const GoldenCase&) { return hardswish(v[0]); }},
    {"hardsigmoid", [](const In& v, const GoldenCase&) { return hardsigmoid(v[0]); }},
    {"hardtanh",
     [](const In& v, const GoldenCase& c) {
       return hardtanh(v[0], number_or(c, "min_val", -1), number_or(c, "max_val", 1));
     }},
    {"relu6", [](const In& v, const GoldenCase&) { return relu6(v[0]); }},
    {"leaky_relu",
     [](const In& v, const GoldenCase& c) { return leaky_relu(v[0], c.attributes.number("negative_slope")); }},
    {"sigmoid", [](const In& v, const GoldenCase&) { return sigmoid(v[0]); }},
    {"tanh", [](const In& v, const GoldenCase&) { return tanh(v[0]); }},
    {"softplus",
     [](const In& v, const GoldenCase& c) {
       return softplus(v[0], number_or(c, "beta", 1), number_or(c, "threshold", 20));
     }},
    {"prelu", [](const In& v, const GoldenCase&) { return prelu(v[0], v[1]); }},
};

}  // namespace

TEST_CASE("activations agree with PyTorch") { check_golden("ops_activation", calls, 54); }
