#include <doctest/doctest.h>

#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/norm.h>
#include <reel/autograd/ops/pad.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <tests/autograd/golden.h>

// Every op against PyTorch: values and all gradients of the cases in tests/golden/ops.safetensors.

using namespace reel;
using namespace reel::testing;

namespace {

/// A case: its name, its attributes, its tensors.
class Case {
 public:
  Case(const io::SafeTensors& file, std::string name, const std::string& text)
      : attributes(text), file_(file), name_(std::move(name)) {}

  [[nodiscard]] const Tensor& operator[](const std::string& key) const { return file_.tensors.at(name_ + '.' + key); }
  [[nodiscard]] bool has(const std::string& key) const { return file_.tensors.contains(name_ + '.' + key); }
  [[nodiscard]] DType dtype() const { return name_.ends_with(".f64") ? float64 : float32; }

  const Attributes attributes;

 private:
  const io::SafeTensors& file_;
  std::string name_;
};

using In = std::vector<Variable>;
using Call = std::function<Variable(const In&, const Case&)>;

Variable optional(const In& v, std::size_t i) { return i < v.size() ? v[i] : Variable(); }

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

Variable conv1d_case(const In& v, const Case& c) {
  const Attributes& a = c.attributes;
  return conv1d(v[0], v[1], optional(v, 2),
                {.stride = a.integer("stride"),
                 .padding = axis_padding(a),
                 .dilation = a.integer("dilation"),
                 .groups = a.integer("groups"),
                 .padding_mode = padding_mode(a.word_or("padding_mode", "zeros"))});
}

Variable conv2d_case(const In& v, const Case& c) {
  const Attributes& a = c.attributes;
  return conv2d(v[0], v[1], optional(v, 2),
                {.stride = a.pair("stride"),
                 .padding = padding(a),
                 .dilation = a.pair("dilation"),
                 .groups = a.integer("groups"),
                 .padding_mode = padding_mode(a.word_or("padding_mode", "zeros"))});
}

Variable conv_transpose1d_case(const In& v, const Case& c) {
  const Attributes& a = c.attributes;
  return conv_transpose1d(v[0], v[1], optional(v, 2),
                          {.stride = a.integer("stride"),
                           .padding = axis_padding(a),
                           .output_padding = a.integer("output_padding"),
                           .dilation = a.integer("dilation"),
                           .groups = a.integer("groups")});
}

Variable conv_transpose2d_case(const In& v, const Case& c) {
  const Attributes& a = c.attributes;
  return conv_transpose2d(v[0], v[1], optional(v, 2),
                          {.stride = a.pair("stride"),
                           .padding = padding(a),
                           .output_padding = a.pair("output_padding"),
                           .dilation = a.pair("dilation"),
                           .groups = a.integer("groups")});
}

Variable pad_case(const In& v, const Case& c) {
  const Attributes& a = c.attributes;
  const Dims amounts = a.dims("amounts");
  if (a.word("mode") == "constant") return pad(v[0], amounts, a.number("value"));
  return pad(v[0], amounts, padding_mode(a.word("mode")));
}

Pool2dOptions pool_options(const Attributes& a, Pair dilation) {
  return {.kernel_size = a.pair("kernel_size"),
          .stride = a.pair("stride"),
          .padding = a.pair("padding"),
          .dilation = dilation};
}

Variable batch_norm_case(const In& v, const Case& c) {
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

Reduction reduction(const Case& c) {
  return c.attributes.word("reduction") == "mean" ? Reduction::mean : Reduction::sum;
}

std::int64_t axis(const Case& c) { return c.attributes.integer("axis"); }
Dims axes(const Case& c) { return c.attributes.dims("axes"); }
bool keepdim(const Case& c) { return c.attributes.flag("keepdim"); }

const std::map<std::string, Call> calls{
    {"exp", [](const In& v, const Case&) { return exp(v[0]); }},
    {"log", [](const In& v, const Case&) { return log(v[0]); }},
    {"sqrt", [](const In& v, const Case&) { return sqrt(v[0]); }},
    {"abs", [](const In& v, const Case&) { return abs(v[0]); }},
    {"add", [](const In& v, const Case&) { return v[0] + v[1]; }},
    {"sub", [](const In& v, const Case&) { return v[0] - v[1]; }},
    {"mul", [](const In& v, const Case&) { return v[0] * v[1]; }},
    {"div", [](const In& v, const Case&) { return v[0] / v[1]; }},
    {"matmul", [](const In& v, const Case&) { return matmul(v[0], v[1]); }},
    {"linear", [](const In& v, const Case&) { return linear(v[0], v[1], optional(v, 2)); }},
    {"sum", [](const In& v, const Case& c) { return sum(v[0], axes(c), keepdim(c)); }},
    {"mean", [](const In& v, const Case& c) { return mean(v[0], axes(c), keepdim(c)); }},
    {"var", [](const In& v, const Case& c) { return var(v[0], axes(c), keepdim(c), c.attributes.flag("unbiased")); }},
    {"max", [](const In& v, const Case& c) { return max(v[0], axes(c), keepdim(c)); }},
    {"min", [](const In& v, const Case& c) { return min(v[0], axes(c), keepdim(c)); }},
    {"where", [](const In& v, const Case&) { return where(v[0].value(), v[1], v[2]); }},
    {"concatenate", [](const In& v, const Case& c) { return concatenate(v, axis(c)); }},
    {"stack", [](const In& v, const Case& c) { return stack(v, axis(c)); }},
    {"index_select", [](const In& v, const Case& c) { return index_select(v[0], axis(c), v[1].value()); }},
    {"gather", [](const In& v, const Case& c) { return gather(v[0], axis(c), v[1].value()); }},
    {"expand", [](const In& v, const Case& c) { return expand(v[0], c.attributes.dims("shape")); }},
    {"relu", [](const In& v, const Case&) { return relu(v[0]); }},
    {"leaky_relu", [](const In& v, const Case& c) { return leaky_relu(v[0], c.attributes.number("negative_slope")); }},
    {"sigmoid", [](const In& v, const Case&) { return sigmoid(v[0]); }},
    {"tanh", [](const In& v, const Case&) { return tanh(v[0]); }},
    {"gelu", [](const In& v, const Case&) { return gelu(v[0]); }},
    {"softmax", [](const In& v, const Case& c) { return softmax(v[0], axis(c)); }},
    {"log_softmax", [](const In& v, const Case& c) { return log_softmax(v[0], axis(c)); }},
    {"cross_entropy",
     [](const In& v, const Case& c) {
       return cross_entropy(v[0], v[1].value(), reduction(c), c.attributes.number("label_smoothing"));
     }},
    {"nll_loss", [](const In& v, const Case& c) { return nll_loss(v[0], v[1].value(), reduction(c)); }},
    {"mse_loss", [](const In& v, const Case& c) { return mse_loss(v[0], v[1], reduction(c)); }},
    {"l1_loss", [](const In& v, const Case& c) { return l1_loss(v[0], v[1], reduction(c)); }},
    {"binary_cross_entropy_with_logits",
     [](const In& v, const Case& c) { return binary_cross_entropy_with_logits(v[0], v[1], reduction(c)); }},
    {"batch_norm", batch_norm_case},
    {"conv1d", conv1d_case},
    {"conv2d", conv2d_case},
    {"conv_transpose1d", conv_transpose1d_case},
    {"conv_transpose2d", conv_transpose2d_case},
    {"pad", pad_case},
    {"max_pool2d",
     [](const In& v, const Case& c) {
       return max_pool2d(v[0], pool_options(c.attributes, c.attributes.pair("dilation")));
     }},
    {"avg_pool2d", [](const In& v, const Case& c) { return avg_pool2d(v[0], pool_options(c.attributes, 1)); }},
    {"adaptive_avg_pool2d",
     [](const In& v, const Case& c) { return adaptive_avg_pool2d(v[0], c.attributes.pair("output_size")); }},
};

void check_case(const Case& c) {
  In inputs;
  for (int i = 0; c.has(concat("input", i)); ++i) {
    const Tensor& value = c[concat("input", i)];
    inputs.push_back(is_floating(value.dtype()) ? Variable::leaf(value) : Variable(value));
  }
  const double tolerance = c.dtype() == float64 ? 1e-10 : 1e-5;
  const Tape tape;
  const Variable output = calls.at(c.attributes.word("op"))(inputs, c);
  CHECK(relative_error(output.value(), c["output"]) <= tolerance);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].is_leaf()) continue;
    CAPTURE(i);
    const Variable gradient = grad({output}, {inputs[i]}, {.grad_outputs = {c["grad_output"]}})[0];
    CHECK(relative_error(gradient.value(), c[concat("grad", i)]) <= tolerance);
  }
}

}  // namespace

TEST_CASE("ops agree with PyTorch") {
  const io::SafeTensors file = load_golden("ops");
  std::map<std::string, int> cases;
  for (const auto& [name, attributes] : file.metadata) {
    if (!attributes.starts_with("op=")) continue;  // "torch", the version
    CAPTURE(name);
    CAPTURE(attributes);
    const Case c(file, name, attributes);
    REQUIRE(calls.contains(c.attributes.word("op")));
    ++cases[c.attributes.word("op")];
    check_case(c);
  }
  CHECK(cases.size() == calls.size());  // none of the above goes unused
  CHECK(cases["conv2d"] >= 50);
}
