#include <doctest/doctest.h>

#include <cmath>
#include <reel/autograd/variable.h>
#include <reel/optim/ema.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>
#include <tests/note.h>

using namespace reel;
using namespace reel::testing;

TEST_CASE("ema: averages over 100 steps are those of PyTorch's AveragedModel") {
  const io::SafeTensors file = load_golden("optim");
  int cases = 0;
  for (const auto& [name, text] : file.metadata) {
    if (!text.starts_with("op=ema")) continue;
    const auto noted = note(name);
    ++cases;
    const Tensor wanted = file.tensors.at(name + ".after");
    const Tensor initial = file.tensors.at("initial0").to(wanted.dtype());
    const Variable weight = Variable::leaf(initial.clone());
    optim::EMA ema({weight}, {.decay = Attributes(text).number("decay")});
    std::int64_t row = 0;
    for (std::int64_t step = 0; step < 100; ++step) {
      const Tensor moved = file.tensors.at("initial0") + file.tensors.at("gradient0")[step];
      Tensor value = weight.value();
      value.copy_from(moved);
      ema.update();
      if (step != 0 && step != 9 && step != 99) continue;
      const double bound = wanted.dtype() == float64 ? 1e-10 : 1e-5;
      CHECK(relative_error(ema.averages()[0].flatten(), wanted[row++].narrow(0, 0, initial.numel())) <= bound);
    }
  }
  CHECK(cases == 4);
}

TEST_CASE("ema: a warm-up starts with little memory") {
  Tensor value = Tensor::scalar(0, float64);
  optim::EMA ema({Variable(value)}, {.decay = 0.5, .warmup = true});
  double expected = 0;
  for (int t = 0; t < 6; ++t) {
    value.fill(t);
    ema.update();
    const double decay = std::min(0.5, 1 - std::pow(1 + t, -2.0 / 3));
    expected = decay * expected + (1 - decay) * t;
    CHECK(ema.averages()[0].item() == doctest::Approx(expected).epsilon(1e-12));
  }
}

TEST_CASE("ema: averages are swapped in until the end of a scope") {
  const Variable weight = Variable::leaf(Tensor::of({1, 2}));
  Tensor count = Tensor::scalar(3, int64);
  optim::EMA ema({weight, count}, {.decay = 0.5});
  ema.update();
  Tensor value = weight.value();
  value.fill(4);
  count.fill(5);
  ema.update();
  {
    const auto averages = ema.swap_in();
    CHECK(weight.value().at({0}) == 2.5);
    CHECK(weight.value().at({1}) == 3);
    CHECK(count.item() == 5);
    check_error([&] { ema.update(); }, {"StateError: EMA: ", "swapped in"});
    check_error([&] { const auto again = ema.swap_in(); }, {"StateError: EMA: ", "swapped in already"});
    CHECK(weight.value().at({0}) == 2.5);
  }
  CHECK(weight.value().at({0}) == 4);
  CHECK(ema.averages()[0].at({0}) == 2.5);
  ema.update();
  CHECK(ema.averages()[0].at({0}) == 3.25);
}

TEST_CASE("ema: what it refuses") {
  check_errors({
      {[] { optim::EMA({Variable(Tensor::zeros({1}))}, {.decay = 1.5}); }, {"ValueError: EMA: ", "decay", "1.5"}},
      {[] { optim::EMA({Variable(Tensor::zeros({1}))}, {.decay = NAN}); }, {"ValueError: EMA: ", "nan"}},
      {[] {
         optim::EMA({Variable(Tensor::zeros({2, 3}).transpose(0, 1))});
       },
       {"ValueError: EMA: ", "[3, 2]"}},
  });
}
