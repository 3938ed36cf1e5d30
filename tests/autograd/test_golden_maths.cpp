#include <doctest/doctest.h>

#include <algorithm>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/einsum.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/scan.h>
#include <reel/autograd/ops/sort.h>
#include <reel/autograd/ops/unary.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

std::optional<double> bound(const GoldenCase& c, const std::string& key) {
  return c.attributes.has(key) ? std::optional(c.attributes.number(key)) : std::nullopt;
}
std::string equation(const GoldenCase& c) {
  std::string text = c.attributes.word("equation");
  std::replace(text.begin(), text.end(), '_', ' ');
  return text;
}

using Function = Variable (*)(const Variable&);
using Binary = Variable (*)(const Variable&, const Variable&);

GoldenCalls all_calls() {
  GoldenCalls calls{
      {"pow_number", [](const In& v, const GoldenCase& c) { return pow(v[0], c.attributes.number("exponent")); }},
      {"pow_of", [](const In& v, const GoldenCase& c) { return pow(c.attributes.number("base"), v[0]); }},
      {"clamp", [](const In& v, const GoldenCase& c) { return clamp(v[0], bound(c, "low"), bound(c, "high")); }},
      {"lerp", [](const In& v, const GoldenCase&) { return lerp(v[0], v[1], v[2]); }},
      {"lerp_number", [](const In& v, const GoldenCase& c) { return lerp(v[0], v[1], c.attributes.number("weight")); }},
      {"stddev", [](const In& v, const GoldenCase& c) { return stddev(v[0], axes(c), keepdim(c)); }},
      {"stddev_biased", [](const In& v, const GoldenCase&) { return stddev(v[0], {}, false, 0); }},
      {"prod", [](const In& v, const GoldenCase& c) { return prod(v[0], axes(c), keepdim(c)); }},
      {"logsumexp", [](const In& v, const GoldenCase& c) { return logsumexp(v[0], axes(c), keepdim(c)); }},
      {"norm", [](const In& v, const GoldenCase& c) { return norm(v[0], c.attributes.number("p"), axes(c)); }},
      {"cumsum", [](const In& v, const GoldenCase& c) { return cumsum(v[0], axis(c)); }},
      {"cumprod", [](const In& v, const GoldenCase& c) { return cumprod(v[0], axis(c)); }},
      {"sort",
       [](const In& v, const GoldenCase& c) { return sort(v[0], axis(c), c.attributes.flag("descending")).values; }},
      {"topk",
       [](const In& v, const GoldenCase& c) {
         return topk(v[0], c.attributes.integer("k"), axis(c), c.attributes.flag("largest")).values;
       }},
      {"einsum", [](const In& v, const GoldenCase& c) { return einsum(equation(c), v); }},
  };
  const std::pair<const char*, Function> functions[] = {{"square", square},
                                                        {"exp2", exp2},
                                                        {"expm1", expm1},
                                                        {"log2", log2},
                                                        {"log10", log10},
                                                        {"log1p", log1p},
                                                        {"rsqrt", rsqrt},
                                                        {"sin", sin},
                                                        {"cos", cos},
                                                        {"tan", tan},
                                                        {"reciprocal", reciprocal},
                                                        {"asin", asin},
                                                        {"acos", acos},
                                                        {"atan", atan},
                                                        {"sinh", sinh},
                                                        {"cosh", cosh},
                                                        {"asinh", asinh},
                                                        {"acosh", acosh},
                                                        {"atanh", atanh},
                                                        {"erf", erf},
                                                        {"erfc", erfc},
                                                        {"sign", sign},
                                                        {"floor", floor},
                                                        {"ceil", ceil},
                                                        {"round", round},
                                                        {"trunc", trunc},
                                                        {"frac", frac}};
  for (const auto& [name, f] : functions) {
    calls[name] = [call = f](const In& v, const GoldenCase&) { return call(v[0]); };
  }
  const std::pair<const char*, Binary> binary[] = {
      {"pow", pow}, {"atan2", atan2}, {"hypot", hypot}, {"fmod", fmod}, {"remainder", remainder}};
  for (const auto& [name, f] : binary) {
    calls[name] = [call = f](const In& v, const GoldenCase&) { return call(v[0], v[1]); };
  }
  return calls;
}

}  // namespace

TEST_CASE("functions, order, running totals and einsum agree with PyTorch") {
  check_golden("ops_maths", all_calls(), 200);
}
