#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <reel/nn/onnx/export.h>
#include <reel/reel.h>
#include <tests/autograd/errors.h>
#include <tests/core/io/files.h>

using namespace reel;
using namespace reel::testing;

namespace {

nn::Lambda function(Variable (*f)(const Variable&)) { return nn::Lambda("Function", f); }

}  // namespace

TEST_CASE("onnx export: the state is in the file under its names, and training goes on as it was") {
  const test::TemporaryFolder folder;
  const std::string file = folder / "model.onnx";
  nn::Sequential model{nn::Linear(3, 4), nn::BatchNorm1d(4), nn::Dropout(0.5)};
  model[1].eval();
  const Tensor before = model.state_dict().at("1.running_mean").clone();
  onnx::export_model(file, model, normal({2, 3}), {.input_names = {"numbers"}, .output_names = {"logits"}});
  const std::string text = test::slurp(file);
  for (const char* name : {"0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var", "numbers",
                           "logits", "batch", "Gemm"}) {
    CAPTURE(name);
    CHECK(text.find(name) != std::string::npos);
  }
  CHECK(model.is_training());
  CHECK_FALSE(model[1].is_training());
  CHECK(model[2].is_training());
  const Tensor after = model.state_dict().at("1.running_mean");
  for (int i = 0; i < 4; ++i) CHECK(after.at({i}) == before.at({i}));
}

TEST_CASE("onnx export: what a file can't hold is refused, and says where") {
  const test::TemporaryFolder folder;
  const std::string file = folder / "model.onnx";
  const Tensor x = normal({2, 3});
  const auto refuses = [&](nn::Module& model, const std::vector<std::string>& words) {
    check_error([&] { onnx::export_model(file, model, x); }, words);
    CHECK_FALSE(std::filesystem::exists(file));
  };
  SUBCASE("an op without counterpart, in its module") {
    nn::Sequential model{{"first", nn::ReLU()},
                         {"second", function([](const Variable& v) { return roll(v, {1}, {1}); })}};
    refuses(model, {"ValueError: onnx::export_model (second)", "op roll", "other ops"});
  }
  SUBCASE("numbers that are computed beside the tape") {
    nn::Lambda model = function([](const Variable& v) { return v * Variable(v.value() + v.value()); });
    refuses(model, {"ValueError: onnx::export_model", "op mul", "value()"});
  }
  SUBCASE("a way that depends on the numbers") {
    nn::Lambda model = function([](const Variable& v) { return v.value().at({0, 0}) > 0.5 ? relu(v) : tanh(v); });
    manual_seed(0);
    nn::Sequential whole{std::move(model)};
    check_error(
        [&] {
          onnx::export_model(file, whole, Tensor::ones({2, 3}));
        },
        {"ValueError: onnx::export_model", "one way only"});
  }
  SUBCASE("a part that depends on the batch size") {
    nn::Lambda model = function([](const Variable& v) { return narrow(v, 0, 0, v.size(0) - 1); });
    refuses(model, {"ValueError: onnx::export_model", "op narrow", "dynamic_batch = false"});
  }
  SUBCASE("names that are too many, and another opset") {
    nn::ReLU model;
    check_error(
        [&] {
          onnx::export_model(file, model, x, {.input_names = {"a", "b"}});
        },
        {"ValueError: onnx::export_model", "wants 1 input names, got 2"});
    check_error([&] { onnx::export_model(file, model, x, {.opset = 11}); },
                {"ValueError: onnx::export_model", "opset 17", "11"});
  }
}

TEST_CASE("onnx export: a fixed batch, an input that is handed on, and a file that can't be written") {
  const test::TemporaryFolder folder;
  const std::string file = folder / "model.onnx";
  nn::Lambda model = function([](const Variable& v) { return narrow(v, 0, 0, v.size(0) - 1); });
  onnx::export_model(file, model, normal({3, 2}), {.dynamic_batch = false});
  CHECK(test::slurp(file).find("batch") == std::string::npos);
  nn::Lambda identity = function([](const Variable& v) { return v; });
  onnx::export_model(file, identity, normal({3, 2}));
  CHECK(test::slurp(file).find("Identity") != std::string::npos);
  CHECK_THROWS_AS(onnx::export_model("/nowhere/model.onnx", identity, normal({3, 2})), IoError);
}

TEST_CASE("onnx export: the table of docs/onnx.md is that of the code") {
  std::ifstream page(REEL_DOCS "/onnx.md");
  REQUIRE(page.good());
  std::vector<std::string> listed;
  for (std::string line; std::getline(page, line) && !line.starts_with("## Import");) {
    if (line.starts_with("| `")) listed.push_back(line.substr(3, line.find('`', 3) - 3));
  }
  CHECK(listed == onnx::exported_ops());
}
