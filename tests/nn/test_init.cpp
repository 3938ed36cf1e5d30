#include <doctest/doctest.h>

#include <cmath>
#include <reel/nn/conv.h>
#include <reel/nn/init.h>
#include <reel/nn/linear.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/note.h>

using namespace reel;
using namespace reel::testing;
namespace init = reel::nn::init;

namespace {

double deviation(const Tensor& x) { return std::sqrt(var(x.to(float64)).item()); }

/// Uniform in [-bound, bound]: all of it is used, and evenly.
void check_uniform(const Tensor& x, double bound) {
  const auto n = static_cast<double>(x.numel());
  CHECK(max(abs(x)).item() <= bound * (1 + 1e-6));
  CHECK(max(abs(x)).item() >= bound * (1 - 12 / n));
  CHECK(std::abs(mean(x).item()) <= 4 * bound / std::sqrt(n));
  CHECK(deviation(x) == doctest::Approx(bound / std::sqrt(3.0)).epsilon(2 / std::sqrt(n)));
}

void check_normal(const Tensor& x, double expected) {
  const auto n = static_cast<double>(x.numel());
  CHECK(std::abs(mean(x).item()) <= 4 * expected / std::sqrt(n));
  CHECK(deviation(x) == doctest::Approx(expected).epsilon(3 / std::sqrt(n)));
  CHECK(max(abs(x)).item() > 2 * expected);
}

/// The slope that PyTorch's kaiming cases are meant with.
double slope(const Attributes& a, const std::string& text) {
  return text.find(" a=") != std::string::npos ? a.number("a") : 0;
}

init::FanMode mode(const std::string& text) {
  return text.find("mode=fan_out") != std::string::npos ? init::FanMode::fan_out : init::FanMode::fan_in;
}

}  // namespace

TEST_CASE("init: bounds and deviations are PyTorch's") {
  const io::SafeTensors file = load_golden("init");
  Generator generator(3);
  int checked = 0;
  for (const auto& [name, text] : file.metadata) {
    if (!text.starts_with("op=")) continue;
    const auto noted = note(text);
    const Attributes a(text);
    const Shape shape = a.dims("shape");
    const double value = file.tensors.at(name + ".value").item();
    const std::string& op = a.word("op");
    if (op == "kaiming_uniform")
      check_uniform(init::kaiming_uniform(shape, slope(a, text), mode(text), generator), value);
    else if (op == "kaiming_normal")
      check_normal(init::kaiming_normal(shape, slope(a, text), mode(text), generator), value);
    else if (op == "xavier_uniform") check_uniform(init::xavier_uniform(shape, a.number("gain"), generator), value);
    else if (op == "xavier_normal") check_normal(init::xavier_normal(shape, a.number("gain"), generator), value);
    else FAIL("an unknown op");
    ++checked;
  }
  CHECK(checked == 35);
}

TEST_CASE("init: what layers start with") {
  manual_seed(4);
  const nn::Linear linear(400, 300);
  check_uniform(linear.weight().value(), 0.05);
  check_uniform(linear.bias().value(), 0.05);
  const nn::Conv2d conv({.in_channels = 32, .out_channels = 200, .kernel_size = {3, 5}, .groups = 4});
  const double bound = 1 / std::sqrt(8.0 * 15);
  check_uniform(conv.weight().value(), bound);
  check_uniform(conv.bias().value(), bound);
  // PyTorch takes the second axis of any weight for its inputs, which a transposed convolution's are not.
  const nn::ConvTranspose2d up({.in_channels = 40, .out_channels = 200, .kernel_size = 3, .groups = 4});
  check_uniform(up.weight().value(), 1 / std::sqrt(50.0 * 9));
  check_uniform(up.bias().value(), 1 / std::sqrt(50.0 * 9));
}

TEST_CASE("init: fans") {
  CHECK(init::fans({6, 5}).in == 5);
  CHECK(init::fans({6, 5}).out == 6);
  CHECK(init::fans({64, 32, 3, 2}).in == 32 * 6);
  CHECK(init::fans({64, 32, 3, 2}).out == 64 * 6);
  check_error([] { static_cast<void>(init::fans({5})); }, {"ShapeError: init: ", "[5]"});
  check_error([] { static_cast<void>(init::xavier_normal({})); }, {"ShapeError: init: ", "[]"});
}

TEST_CASE("init: a seed tells the weights, and no two layers share them") {
  manual_seed(7);
  const nn::Linear a(10, 10);
  const nn::Linear b(10, 10);
  manual_seed(7);
  const nn::Linear again(10, 10);
  CHECK(relative_error(again.weight().value(), a.weight().value()) == 0);
  CHECK(relative_error(b.weight().value(), a.weight().value()) > 0.1);
  CHECK(relative_error(a.weight().value().select(0, 0).contiguous(), a.bias().value()) > 0.1);
}
