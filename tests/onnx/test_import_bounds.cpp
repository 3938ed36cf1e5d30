#include <doctest/doctest.h>

#include <cmath>
#include <reel/nn/onnx/import.h>
#include <reel/reel.h>
#include <tests/autograd/errors.h>
#include <tests/onnx/messages.h>

// Numbers at the ends of their types, names at the ends of what a path can be, and the opsets where an op changed.

using namespace reel;
using namespace reel::testing;

namespace {

constexpr std::int64_t most = INT64_MAX, least = INT64_MIN;

std::string ints(const char* name, const std::vector<std::int64_t>& values) {
  return initializer(tensor_message(name, {static_cast<std::int64_t>(values.size())},
                                    {reinterpret_cast<const char*>(values.data()), values.size() * 8}, 7));
}

std::vector<double> numbers(const Variable& y) {
  const Tensor all = y.value().to(float64).contiguous();
  return {all.span<double>().begin(), all.span<double>().end()};
}

}  // namespace

TEST_CASE("onnx import: attributes out of bounds are refused as the file is read") {
  const auto refuses = [](const std::string& bytes, const std::string& word) {
    check_error([&] { (void)parse(bytes); }, {"ValueError: onnx (model.onnx)", word});
  };
  const auto row = [](const char* name, const std::vector<std::int64_t>& values) { return attribute(name, values); };
  refuses(one_node("DepthToSpace", attribute("blocksize", std::int64_t{1} << 32)), "blocksize");
  refuses(one_node("ConvTranspose", row("output_padding", {most, 0})), "above 2^31");
  refuses(one_node("ConvTranspose", row("output_shape", {least, 0})), "a size below 0");
  refuses(one_node("Split", attribute("num_outputs", most)), "num_outputs");
  refuses(one_node("MaxPool"), "has no kernel_shape");
  refuses(one_node("AveragePool"), "has no kernel_shape");
  refuses(one_node("Cast", attribute("to", (std::int64_t{1} << 32) + 1)), "none of Reel's");
  const std::string half = field(
      5, field(1, std::string("value")) + field(5, tensor_message("t", {1}, "ab", 10)) + field(20, std::int64_t{4}));
  check_error([&] { (void)parse(one_node("Constant", field(3, std::string("head")) + half)); },
              {"ValueError: Constant head: value (model.onnx)", "type 10"});
  const std::string lying = tensor_message("w", {0, std::int64_t{1} << 62, 4}, {});
  check_error([&] { (void)parse(one_node("Relu", {}, initializer(lying))); }, {"Error: model.onnx: w", "can't be"});
}

TEST_CASE("onnx import: inputs out of bounds are errors as the graph runs") {
  const Tensor x = normal({1, 1, 4, 4});
  const auto fails = [&](const std::string& bytes, const std::vector<std::string>& words) {
    onnx::Model model = parse(bytes);
    check_error([&] { (void)model(x); }, words);
  };
  fails(one_node("Pad", {}, ints("p", {0, 0, 0, most, 0, 0, 0, most}), {"x", "p"}), {"ShapeError: pad (Pad)", "2^31"});
  fails(one_node("Pad", {}, ints("p", {0, 0, 0, least + 10, 0, 0, 0, least}), {"x", "p"}),
        {"ShapeError: pad (Pad)", "2^31"});
  fails(one_node("Flatten", attribute("axis", std::int64_t{1} << 61)), {"IndexError: onnx (Flatten)", "outside"});
  fails(one_node("Squeeze", {}, ints("a", {2}), {"x", "a"}), {"ShapeError: onnx (Squeeze)", "not of size 1"});
  fails(one_node("Squeeze", {}, ints("a", {0, -4}), {"x", "a"}), {"ShapeError: onnx (Squeeze)", "twice"});
  fails(one_node("ConstantOfShape", {}, ints("s", {-1}), {"s"}), {"ShapeError: onnx (ConstantOfShape)", "size of -1"});
  const std::string weight = initializer(tensor_message("w", {1, 1, 3}, floats({1, 2, 3})));
  fails(one_node("Conv", {}, weight, {"x", "w"}), {"ShapeError: onnx (Conv)", "a weight of 4 axes"});
}

TEST_CASE("onnx import: names that would meet, or lead too deep") {
  const auto parameters = [](const std::vector<std::string>& names) {
    std::string graph = input("x");
    for (const std::string& name : names) graph += initializer(tensor_message(name, {1}, floats({2})));
    onnx::Model model = parse(model_message(graph + node("Relu", {"x"}, {"y"}) + output("y")));
    model.train();
    return model.parameters().size();
  };
  CHECK(parameters({"a", "a.b", "a_b"}) == 3);
  CHECK(parameters({"a_b", "a", "a.b", "a_b_1"}) == 4);
  CHECK(parameters({".c", "_c"}) == 2);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "a.";
  CHECK(parameters({deep + "w"}) == 1);
  std::vector<std::string> alike;
  for (unsigned i = 0; i < 1024; ++i) {
    alike.emplace_back();
    for (int bit = 0; bit < 10; ++bit) alike.back() += (i >> bit & 1U) != 0 ? '.' : '_';
  }
  CHECK(parameters(alike) == alike.size());
}

TEST_CASE("onnx import: is_parameter is asked about every name") {
  const std::string graph = one_node("Add", {}, initializer(tensor_message("/w", {1}, floats({2}))), {"x", "/w"});
  CHECK(parse(graph).parameter_count() == 0);
  const onnx::Model model = parse(graph, {.is_parameter = [](std::string_view, const Tensor&) { return true; }});
  CHECK(model.parameter_count() == 1);
}

TEST_CASE("onnx import: the running sum before a number does not contain it") {
  const auto run = [](const Tensor& x, const std::string& attributes) {
    return numbers(parse(one_node("CumSum", attributes, ints("axis", {-1}), {"x", "axis"}))(x));
  };
  const std::string exclusive = attribute("exclusive", std::int64_t{1}),
                    reverse = attribute("reverse", std::int64_t{1});
  const double inf = INFINITY;
  CHECK(run(Tensor::of({1, 1e8, 3}), exclusive) == std::vector<double>{0, 1, 1e8});
  CHECK(run(Tensor::of({1, inf, 2}), exclusive) == std::vector<double>{0, 1, inf});
  CHECK(run(Tensor::of({1, inf, 2}), exclusive + reverse) == std::vector<double>{inf, 2, 0});
  CHECK(run(Tensor::zeros({0}), exclusive).empty());
}

TEST_CASE("onnx import: whole numbers don't go through floats") {
  const auto whole = [](const Variable& y) { return y.value().contiguous().span<std::int64_t>()[0]; };
  const std::string constant = node("Constant", {}, {"c"}, attribute("value_int", most));
  onnx::Model model =
      parse(model_message(input("x") + constant + node("Clip", {"x", "", "c"}, {"y"}) + output("c") + output("y")));
  const std::vector<std::int64_t> large{(std::int64_t{1} << 53) + 1};
  const auto out = model.run({Tensor::from(std::span(large), Shape{1})});
  CHECK(whole(out[0]) == most);
  CHECK(whole(out[1]) == large[0]);
}

TEST_CASE("onnx import: a Dropout's mask is of its input's type before opset 10") {
  const std::string graph = input("x") + node("Dropout", {"x"}, {"y", "mask"}) + output("mask");
  CHECK(parse(model_message(graph, 7))(Tensor::of({1})).dtype() == float32);
  CHECK(parse(model_message(graph, 10))(Tensor::of({1})).dtype() == boolean);
}
