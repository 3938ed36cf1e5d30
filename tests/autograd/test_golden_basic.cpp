#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

const GoldenCalls calls{
    {"exp", [](const In& v, const GoldenCase&) { return exp(v[0]); }},
    {"log", [](const In& v, const GoldenCase&) { return log(v[0]); }},
    {"sqrt", [](const In& v, const GoldenCase&) { return sqrt(v[0]); }},
    {"abs", [](const In& v, const GoldenCase&) { return abs(v[0]); }},
    {"add", [](const In& v, const GoldenCase&) { return v[0] + v[1]; }},
    {"sub", [](const In& v, const GoldenCase&) { return v[0] - v[1]; }},
    {"mul", [](const In& v, const GoldenCase&) { return v[0] * v[1]; }},
    {"div", [](const In& v, const GoldenCase&) { return v[0] / v[1]; }},
    {"matmul", [](const In& v, const GoldenCase&) { return matmul(v[0], v[1]); }},
    {"sum", [](const In& v, const GoldenCase& c) { return sum(v[0], axes(c), keepdim(c)); }},
    {"mean", [](const In& v, const GoldenCase& c) { return mean(v[0], axes(c), keepdim(c)); }},
    {"var",
     [](const In& v, const GoldenCase& c) { return var(v[0], axes(c), keepdim(c), c.attributes.flag("unbiased")); }},
    {"max", [](const In& v, const GoldenCase& c) { return max(v[0], axes(c), keepdim(c)); }},
    {"min", [](const In& v, const GoldenCase& c) { return min(v[0], axes(c), keepdim(c)); }},
    {"where", [](const In& v, const GoldenCase&) { return where(v[0].value(), v[1], v[2]); }},
    {"concatenate", [](const In& v, const GoldenCase& c) { return concatenate(v, axis(c)); }},
    {"stack", [](const In& v, const GoldenCase& c) { return stack(v, axis(c)); }},
    {"index_select", [](const In& v, const GoldenCase& c) { return index_select(v[0], axis(c), v[1].value()); }},
    {"gather", [](const In& v, const GoldenCase& c) { return gather(v[0], axis(c), v[1].value()); }},
    {"expand", [](const In& v, const GoldenCase& c) { return expand(v[0], c.attributes.dims("shape")); }},
};

}  // namespace

TEST_CASE("arithmetic, reductions and indexing agree with PyTorch") { check_golden("ops_basic", calls, 80); }
