#include <doctest/doctest.h>

#include <fstream>
#include <reel/nn/onnx/export.h>
#include <reel/nn/onnx/import.h>
#include <reel/reel.h>
#include <set>
#include <tests/autograd/errors.h>
#include <tests/core/io/files.h>
#include <tests/onnx/messages.h>

using namespace reel;
using namespace reel::testing;

namespace {

nn::Sequential small_net() {
  return nn::Sequential{nn::Conv2d({.in_channels = 1, .out_channels = 3, .kernel_size = 3}),
                        nn::BatchNorm2d(3),
                        nn::ReLU(),
                        nn::MaxPool2d(2),
                        nn::Flatten(),
                        nn::Linear(27, 4)};
}

std::string exported() {
  const test::TemporaryFolder folder;
  nn::Sequential net = small_net();
  onnx::export_model(folder / "net.onnx", net, normal({2, 1, 8, 8}));
  return test::slurp(folder / "net.onnx");
}

}  // namespace

TEST_CASE("onnx import: a net comes back with its names, is trained, and can be saved again") {
  manual_seed(1);
  const test::TemporaryFolder folder;
  nn::Sequential net = small_net();
  onnx::export_model(folder / "net.onnx", net, normal({2, 1, 8, 8}), {.input_names = {"image"}});
  onnx::Model back = onnx::import_model(folder / "net.onnx");
  CHECK(back.input_names() == std::vector<std::string>{"image"});
  CHECK(back.output_names() == std::vector<std::string>{"output"});
  CHECK_FALSE(back.is_training());
  std::set<std::string> names, wanted;
  for (const auto& [name, value] : net.named_parameters()) wanted.insert(name);
  for (const auto& [name, value] : back.named_parameters()) names.insert(name);
  CHECK(names == wanted);
  CHECK(back.named_buffers().size() == 2);  // the running statistics

  const Tensor x = normal({6, 1, 8, 8}), labels = Tensor::of({0, 1, 2, 3, 0, 1}, int64);
  optim::SGD optimizer(back.parameters(), {.lr = 0.1});
  double first = 0, last = 0;
  for (int step = 0; step < 20; ++step) {
    Tape tape;
    const Variable loss = cross_entropy(back(x), labels);
    tape.backward(loss);
    CHECK(back.parameters_without_grad().empty());
    optimizer.step();
    optimizer.zero_grad();
    (step == 0 ? first : last) = loss.item();
  }
  CHECK(last < 0.5 * first);

  onnx::export_model(folder / "again.onnx", back, x);
  onnx::Model again = onnx::import_model(folder / "again.onnx");
  CHECK(max(abs(again(x).value() - back(x).value())).item() < 1e-5);
  nn::StateDict trained = net.state_dict();  // the same names, and num_batches_tracked, which no output depends on
  for (const auto& [name, value] : back.state_dict()) trained.insert_or_assign(name, value);
  net.load_state_dict(trained);
  net.eval();
  CHECK(max(abs(net(x).value() - back(x).value())).item() < 1e-5);
}

TEST_CASE("onnx import: BatchNormalization and Dropout train after train()") {
  const std::string stats = initializer(tensor_message("bn.weight", {2}, floats({1, 2}))) +
                            initializer(tensor_message("bn.bias", {2}, floats({0, 1}))) +
                            initializer(tensor_message("mean", {2}, floats({1, 2}))) +
                            initializer(tensor_message("var", {2}, floats({4, 9})));
  onnx::Model model = parse(one_node("BatchNormalization", {}, stats, {"x", "bn.weight", "bn.bias", "mean", "var"}));
  CHECK(model.parameter_count() == 4);
  const Tensor x = normal({8, 2, 3, 3});
  nn::BatchNorm2d norm(2);
  norm.load_state_dict({{"weight", Tensor::of({1, 2})},
                        {"bias", Tensor::of({0, 1})},
                        {"running_mean", Tensor::of({1, 2})},
                        {"running_var", Tensor::of({4, 9})},
                        {"num_batches_tracked", Tensor::scalar(0, int64)}});
  for (const bool training : {false, true}) {
    model.train(training);
    norm.train(training);
    CHECK(max(abs(model(x).value() - norm(x).value())).item() < 1e-6);
  }
  const nn::StateDict state = model.state_dict(), wanted = norm.state_dict();
  CHECK(max(abs(state.at("mean") - wanted.at("running_mean"))).item() < 1e-6);
  CHECK(max(abs(state.at("var") - wanted.at("running_var"))).item() < 1e-6);

  onnx::Model dropout = parse(one_node("Dropout"));
  CHECK(max(abs(dropout(x).value() - x)).item() == 0);
  dropout.train();
  CHECK(max(abs(dropout(x).value() - x)).item() > 0);
}

TEST_CASE("onnx import: names that are no paths, and what is a parameter") {
  const auto weight = [](const char* name) { return initializer(tensor_message(name, {1}, floats({2}))); };
  const std::string graph = input("x") + weight("a") + weight("a.b") + weight(".c") + weight("d..e") + weight("/f") +
                            node("Sum", {"x", "a", "a.b", ".c", "d..e", "/f"}, {"y"}) + output("y");
  onnx::Model model = parse(model_message(graph));
  std::vector<std::string> names;
  for (const auto& [name, value] : model.named_parameters()) names.push_back(name);
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"_c", "a", "a_b", "d__e"});
  CHECK(model(Tensor::of({1})).item() == 11);
  onnx::Model fixed =
      parse(model_message(graph), {.is_parameter = [](std::string_view name, const Tensor&) { return name == "a"; }});
  CHECK(fixed.parameter_count() == 1);
  CHECK(fixed.named_buffers().size() == 3);
}

TEST_CASE("onnx import: several inputs and outputs, and what is left out") {
  onnx::Model model = parse(model_message(input("x") + input("least") + node("Clip", {"x", "", "least"}, {"y"}) +
                                          node("Neg", {"y"}, {"z"}) + output("z") + output("y")));
  const auto out = model.run({Tensor::of({1, 5}), Tensor::scalar(3)});
  REQUIRE(out.size() == 2);
  CHECK(out[0].value().at({1}) == -3);
  CHECK(out[1].value().at({0}) == 1);
  check_error([&] { (void)model.run({Tensor::of({1})}); }, {"ValueError: onnx", "wants 2 inputs, got 1"});
}

TEST_CASE("onnx import: errors of a node name it") {
  onnx::Model model = parse(one_node("MatMul", field(3, std::string("head")), {}, {"x", "x"}));
  check_error([&] { (void)model(normal({2, 3})); }, {"ShapeError: matmul (head)"});
}

TEST_CASE("onnx import: every truncation is refused") {
  const std::string whole = exported();
  for (std::size_t length = 0; length < whole.size(); length += length % 97 == 0 ? 1 : 13) {
    CAPTURE(length);
    CHECK_THROWS_AS(parse(whole.substr(0, length)), IoError);
  }
}

TEST_CASE("onnx import: a byte that is wrong is refused or makes no harm") {
  const std::string whole = exported();
  int refused = 0;
  for (std::size_t i = 0; i < whole.size(); i += 3) {
    for (const unsigned char wrong : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ wrong);
      try {
        (void)parse(bytes);
      } catch (const Error&) {
        ++refused;
      }
    }
  }
  CHECK(refused > 100);
}

TEST_CASE("onnx import: files that contradict themselves") {
  const auto refuses = [](const std::string& bytes, const std::vector<std::string>& words) {
    CAPTURE(bytes.size());
    check_error([&] { (void)parse(bytes); }, words);
  };
  const auto with = [](const std::string& tensor) {
    return model_message(input("x") + initializer(tensor) + node("Add", {"x", "w"}, {"y"}) + output("y"));
  };
  refuses(with(tensor_message("w", {3}, floats({1, 2}))), {"Error: model.onnx: w", "[3]", "8 bytes"});
  refuses(with(tensor_message("w", {2}, floats({1, 2}) + "x")), {"Error: model.onnx: w", "9 bytes"});
  refuses(with(tensor_message("w", {-1}, {})), {"Error: model.onnx: w", "a size of -1"});
  refuses(with(tensor_message("w", {INT64_MAX, 3}, {})), {"Error: model.onnx: w", "can't be"});
  refuses(with(tensor_message("w", {1LL << 40}, floats({1}))), {"Error: model.onnx: w", "4 bytes"});
  refuses(with(tensor_message("w", std::vector<std::int64_t>(9, 1), floats({1}))),
          {"ValueError: model.onnx: w", "9 axes"});
  refuses(with(tensor_message("w", {2}, "abcd", 10)), {"ValueError: model.onnx: w", "type 10"});
  refuses(with(tensor_message("w", {1}, {}) + field(14, std::int64_t{1})),
          {"ValueError: model.onnx: w", "another file"});
  refuses(with(tensor_message("w", {1}, floats({1})) + field(9, std::string("abc"))),
          {"Error: model.onnx: w", "3 bytes"});
  refuses(model_message(input("x") + node("Relu", {"z"}, {"y"}) + node("Relu", {"x"}, {"z"}) + output("y")),
          {"Error: model.onnx", "Relu uses z before it is made"});
  refuses(model_message(input("x") + node("Relu", {"x"}, {"x"}) + output("x")), {"Error: model.onnx", "x twice"});
  refuses(model_message(input("x") + node("Relu", {"x"}, {"y"}) + output("z")), {"Error: model.onnx", "output uses z"});
  refuses(model_message(input("x") + node("Relu", {"x"}, {"y"})), {"Error: model.onnx", "has no output"});
  refuses(model_message(input("")), {"Error: model.onnx", "without a name"});
  refuses({}, {"Error: model.onnx", "is no ONNX model"});
  refuses("what is this?", {"Error: model.onnx", "is no ONNX"});
  refuses(model_message({}, 99), {"ValueError: model.onnx", "is of opset 99"});
  CHECK_THROWS_AS((void)onnx::import_model("/nowhere/model.onnx"), IoError);
}

TEST_CASE("onnx import: what Reel has not, with the node") {
  const auto refuses = [](const std::string& bytes, const std::string& word) {
    check_error([&] { (void)parse(bytes); }, {"ValueError: onnx (model.onnx)", word});
  };
  refuses(one_node("Loop"), "Loop: Reel has no counterpart of the op Loop");
  refuses(one_node("Relu", field(7, std::string("com.example"))), "com.example.Relu");
  refuses(one_node("Relu", attribute("slope", 1)), "Relu: Reel has no counterpart of its attribute slope");
  refuses(one_node("Flatten", attribute("axis", std::vector<std::int64_t>{1})), "attribute axis is of another type");
  refuses(one_node("MaxPool", attribute("kernel_shape", std::vector<std::int64_t>{-1, 2})), "a size below 0");
  refuses(one_node("Cast", attribute("to", 10)), "ONNX's type 10");
  refuses(one_node("Constant"), "has no value");
  refuses(model_message(input("x") + node("Softmax", {"x"}, {"y"}) + output("y"), 11), "from opset 13 on");
}

TEST_CASE("onnx import: what goes wrong as it runs is an error, too") {
  const Tensor x = normal({1, 1, 4, 4});
  const auto fails = [&](const std::string& bytes, const std::vector<std::string>& words) {
    onnx::Model model = parse(bytes);
    check_error([&] { (void)model(x); }, words);
  };
  const auto ints = [](const char* name, const std::vector<std::int64_t>& values) {
    return initializer(tensor_message(name, {static_cast<std::int64_t>(values.size())},
                                      {reinterpret_cast<const char*>(values.data()), values.size() * 8}, 7));
  };
  fails(one_node("Conv"), {"ValueError: onnx (Conv)", "input 1 is missing"});
  fails(one_node("Reshape", {}, ints("s", {3, 5}), {"x", "s"}), {"ShapeError: reshape (Reshape)"});
  fails(one_node("Reshape", {}, ints("s", std::vector<std::int64_t>(9, 1)), {"x", "s"}), {"ShapeError: "});
  fails(one_node("Slice", {}, ints("s", {0}) + ints("t", {0}), {"x", "s", "s", "s", "t"}),
        {"ValueError: onnx (Slice)", "step of 0"});
  fails(one_node("Gather", {}, ints("i", {7}), {"x", "i"}), {"IndexError: "});
  fails(one_node("MaxPool", attribute("kernel_shape", std::vector<std::int64_t>{2})),
        {"ShapeError: onnx (MaxPool)", "wants 2 numbers"});
  fails(one_node("MaxPool", attribute("kernel_shape", std::vector<std::int64_t>{9, 9})), {"ShapeError: max_pool2d"});
  fails(one_node("Transpose", attribute("perm", std::vector<std::int64_t>{0, 0, 1, 2})),
        {"ShapeError: permute (Transpose)"});
  fails(model_message(input("x") + node("Relu", {"x"}, {"y", "z"}) + output("z")),
        {"ValueError: onnx (Relu)", "gives 1 outputs"});
}

TEST_CASE("onnx import: tensors of each type, as numbers and as bytes") {
  const auto read = [](const std::string& bytes) {
    return onnx::parse_tensor(std::as_bytes(std::span(bytes)), "t.pb");
  };
  CHECK(read(tensor_message("t", {2}, floats({1, 2}))).at({1}) == 2);
  CHECK(read(field(1, std::int64_t{2}) + field(2, std::int64_t{6}) + field(5, std::int64_t{3}) +
             field(5, std::int64_t{-4}))
            .at({1}) == -4);
  const Tensor small = read(tensor_message("t", {2}, std::string("\1\0\0\0\xff\xff\xff\xff", 8), 6));
  CHECK(small.dtype() == int64);
  CHECK(small.at({1}) == -1);
  CHECK(read(tensor_message("t", {2}, std::string("\0\1", 2), 9)).dtype() == boolean);
  CHECK(read(tensor_message("t", {2}, "ab", 2)).at({0}) == 'a');
  CHECK(read(tensor_message("t", {0}, {})).numel() == 0);
  CHECK_THROWS_AS(read("\x0a"), IoError);
}

TEST_CASE("onnx import: the table of docs/onnx.md is that of the code") {
  std::ifstream page(REEL_DOCS "/onnx.md");
  REQUIRE(page.good());
  std::vector<std::string> listed, wanted;
  bool is_here = false;
  for (std::string line; std::getline(page, line);) {
    is_here = is_here || line.starts_with("## Import");
    if (is_here && line.starts_with("| `")) listed.push_back(line);
  }
  for (const onnx::ImportedOp& op : onnx::imported_ops()) {
    std::string attributes;
    for (const std::string& attribute : op.attributes) attributes += (attributes.empty() ? "" : ", ") + attribute;
    wanted.push_back(concat("| `", op.name, "` | ", attributes, attributes.empty() ? "" : " ", "| ", op.since, " |"));
  }
  CHECK(listed == wanted);
}
