#include <doctest/doctest.h>

#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/pad.h>
#include <reel/autograd/ops/pool.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

/// One number for both ends of an axis, or one for each.
AxisPadding axis_padding(const Attributes& a) {
  const std::string& word = a.word("padding");
  if (word == "same" || word == "valid") return std::string_view(word);
  const Dims ends = a.dims("padding");
  return {ends[0], ends[ends.rank() - 1]};
}

/// The same for two axes.
Padding padding(const Attributes& a) {
  const std::string& word = a.word("padding");
  if (word == "same" || word == "valid") return std::string_view(word);
  const Dims ends = a.dims("padding");
  if (ends.rank() == 2) return {ends[0], ends[1]};
  return {{ends[0], ends[1]}, {ends[2], ends[3]}};
}

PaddingMode padding_mode(const std::string& word) {
  for (const PaddingMode mode : {PaddingMode::reflect, PaddingMode::replicate, PaddingMode::circular}) {
    if (concat(mode) == word) return mode;
  }
  return PaddingMode::zeros;
}

Variable conv1d_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  return conv1d(v[0], v[1], optional(v, 2),
                {.stride = a.integer("stride"),
                 .padding = axis_padding(a),
                 .dilation = a.integer("dilation"),
                 .groups = a.integer("groups"),
                 .padding_mode = padding_mode(a.word_or("padding_mode", "zeros"))});
}

Variable conv2d_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  return conv2d(v[0], v[1], optional(v, 2),
                {.stride = a.pair("stride"),
                 .padding = padding(a),
                 .dilation = a.pair("dilation"),
                 .groups = a.integer("groups"),
                 .padding_mode = padding_mode(a.word_or("padding_mode", "zeros"))});
}

Variable conv_transpose1d_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  return conv_transpose1d(v[0], v[1], optional(v, 2),
                          {.stride = a.integer("stride"),
                           .padding = axis_padding(a),
                           .output_padding = a.integer("output_padding"),
                           .dilation = a.integer("dilation"),
                           .groups = a.integer("groups")});
}

Variable conv_transpose2d_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  return conv_transpose2d(v[0], v[1], optional(v, 2),
                          {.stride = a.pair("stride"),
                           .padding = padding(a),
                           .output_padding = a.pair("output_padding"),
                           .dilation = a.pair("dilation"),
                           .groups = a.integer("groups")});
}

Variable pad_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  const Dims amounts = a.dims("amounts");
  if (a.word("mode") == "constant") return pad(v[0], amounts, a.number("value"));
  return pad(v[0], amounts, padding_mode(a.word("mode")));
}

const GoldenCalls calls{
    {"conv1d", conv1d_case},
    {"conv2d", conv2d_case},
    {"conv_transpose1d", conv_transpose1d_case},
    {"conv_transpose2d", conv_transpose2d_case},
    {"pad", pad_case},
    {"max_pool2d",
     [](const In& v, const GoldenCase& c) {
       const Attributes& a = c.attributes;
       return max_pool2d(v[0], {a.pair("kernel_size"), a.pair("stride"), a.pair("padding"), a.pair("dilation")});
     }},
    {"avg_pool2d",
     [](const In& v, const GoldenCase& c) {
       const Attributes& a = c.attributes;
       return avg_pool2d(v[0], {a.pair("kernel_size"), a.pair("stride"), a.pair("padding")});
     }},
    {"adaptive_avg_pool2d",
     [](const In& v, const GoldenCase& c) { return adaptive_avg_pool2d(v[0], c.attributes.pair("output_size")); }},
};

}  // namespace

TEST_CASE("convolution, padding and pooling agree with PyTorch") { check_golden("ops_image", calls, 120); }

TEST_CASE("every way to pad agrees with PyTorch, for every layer of the convolution family") {
  GoldenCalls convolutions;
  for (const std::string op : {"conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d"}) {
    convolutions[op] = calls.at(op);
  }
  check_golden("ops_padding", convolutions, 119);
}
