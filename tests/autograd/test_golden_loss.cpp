#include <doctest/doctest.h>

#include <reel/autograd/ops/loss.h>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

Reduction reduction(const GoldenCase& c) {
  const std::map<std::string, Reduction> all{{"mean", Reduction::mean},
                                             {"sum", Reduction::sum},
                                             {"none", Reduction::none},
                                             {"batchmean", Reduction::batchmean}};
  return all.at(c.attributes.word("reduction"));
}

double number_or(const GoldenCase& c, const std::string& key, double other) {
  return std::stod(c.attributes.word_or(key, std::to_string(other)));
}

Tensor tensor_or_none(const GoldenCase& c, const std::string& key) { return c.has(key) ? c[key] : Tensor(); }

std::int64_t ignore_index(const GoldenCase& c) {
  return static_cast<std::int64_t>(number_or(c, "ignore_index", static_cast<double>(NLLLossOptions{}.ignore_index)));
}

const GoldenCalls calls{
    {"cross_entropy",
     [](const In& v, const GoldenCase& c) {
       return cross_entropy(v[0], v[1],
                            {.weight = tensor_or_none(c, "weight"),
                             .ignore_index = ignore_index(c),
                             .reduction = reduction(c),
                             .label_smoothing = number_or(c, "label_smoothing", 0)});
     }},
    {"nll_loss",
     [](const In& v, const GoldenCase& c) {
       return nll_loss(
           v[0], v[1],
           {.weight = tensor_or_none(c, "weight"), .ignore_index = ignore_index(c), .reduction = reduction(c)});
     }},
    {"mse_loss", [](const In& v, const GoldenCase& c) { return mse_loss(v[0], v[1], {reduction(c)}); }},
    {"l1_loss", [](const In& v, const GoldenCase& c) { return l1_loss(v[0], v[1], {reduction(c)}); }},
    {"smooth_l1_loss",
     [](const In& v, const GoldenCase& c) {
       return smooth_l1_loss(v[0], v[1], {.reduction = reduction(c), .beta = number_or(c, "beta", 1)});
     }},
    {"huber_loss",
     [](const In& v, const GoldenCase& c) {
       return huber_loss(v[0], v[1], {.reduction = reduction(c), .delta = number_or(c, "delta", 1)});
     }},
    {"kl_div",
     [](const In& v, const GoldenCase& c) {
       return kl_div(v[0], v[1], {.reduction = reduction(c), .log_target = number_or(c, "log_target", 0) == 1});
     }},
    {"binary_cross_entropy",
     [](const In& v, const GoldenCase& c) {
       return binary_cross_entropy(v[0], v[1], {.weight = tensor_or_none(c, "weight"), .reduction = reduction(c)});
     }},
    {"binary_cross_entropy_with_logits",
     [](const In& v, const GoldenCase& c) {
       return binary_cross_entropy_with_logits(v[0], v[1],
                                               {.weight = tensor_or_none(c, "weight"),
                                                .reduction = reduction(c),
                                                .pos_weight = tensor_or_none(c, "pos_weight")});
     }},
};

}  // namespace

TEST_CASE("losses agree with PyTorch") { check_golden("ops_loss", calls, 240); }
