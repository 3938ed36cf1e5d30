#include <doctest/doctest.h>

#include <reel/autograd/ops/attention.h>
#include <reel/autograd/ops/view.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

Variable scaled_dot_product_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  AttentionOptions options{.attn_mask = optional(v, 3), .is_causal = a.word_or("is_causal", "0") == "1"};
  if (const std::string scale = a.word_or("scale", ""); !scale.empty()) options.scale = std::stod(scale);
  return scaled_dot_product_attention(v[0], v[1], v[2], options);
}

Variable multi_head_case(const In& v, const GoldenCase& c) {
  const Attributes& a = c.attributes;
  const std::size_t weights = a.flag("itself") ? 1 : 3;
  const MultiHeadOutput out =
      multi_head_attention(v[0], weights == 1 ? Variable() : v[1], weights == 1 ? Variable() : v[2],
                           {.in_proj_weight = v[weights],
                            .in_proj_bias = optional(v, weights + 2),
                            .out_proj_weight = v[weights + 1],
                            .out_proj_bias = optional(v, weights + 3)},
                           {.num_heads = a.integer("heads"),
                            .batch_first = a.flag("batch_first"),
                            .key_padding_mask = c.has("padding") ? c["padding"] : Tensor(),
                            .attn_mask = c.has("mask") ? c["mask"] : Tensor(),
                            .is_causal = a.flag("causal"),
                            .need_weights = a.flag("need_weights"),
                            .average_attn_weights = a.flag("average")});
  In parts{reshape(out.output, {-1})};
  if (a.flag("need_weights")) parts.push_back(reshape(out.weights, {-1}));
  return concatenate(parts);
}

const GoldenCalls calls{
    {"scaled_dot_product_attention", scaled_dot_product_case},
    {"multi_head_attention", multi_head_case},
};

}  // namespace

TEST_CASE("attention agrees with PyTorch") { check_golden("ops_attention", calls, 64); }
