#include <doctest/doctest.h>

#include <reel/autograd/ops/interpolate.h>
#include <reel/autograd/ops/unfold.h>
#include <sstream>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

UnfoldOptions unfold_options(const Attributes& a) {
  const Pair padding = a.pair("padding");
  return {.kernel_size = a.pair("kernel_size"),
          .dilation = a.pair("dilation"),
          .padding = {padding.h, padding.w},
          .stride = a.pair("stride")};
}

Variable interpolate_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  InterpolateOptions options{
      .mode = a.word("mode") == "nearest" ? Interpolation::nearest : Interpolation::bilinear,
      .align_corners = a.word_or("align_corners", "0") == "1",
  };
  if (a.has("size")) options.size = a.pair("size");
  if (a.has("scale_factor")) {
    const std::string& both = a.word("scale_factor");
    options.scale_factor = {std::stod(both), std::stod(both.substr(both.find(',') + 1))};
  }
  return interpolate(v[0], options);
}

const GoldenCalls calls{
    {"unfold", [](const In& v, const GoldenCase& c) { return unfold(v[0], unfold_options(c.attributes)); }},
    {"fold",
     [](const In& v, const GoldenCase& c) {
       return fold(v[0], c.attributes.pair("output_size"), unfold_options(c.attributes));
     }},
    {"interpolate", interpolate_case},
    {"pixel_shuffle",
     [](const In& v, const GoldenCase& c) { return pixel_shuffle(v[0], c.attributes.integer("factor")); }},
    {"pixel_unshuffle",
     [](const In& v, const GoldenCase& c) { return pixel_unshuffle(v[0], c.attributes.integer("factor")); }},
};

}  // namespace

TEST_CASE("unfold, fold, interpolate and pixel_shuffle agree with PyTorch") { check_golden("ops_resample", calls, 94); }
