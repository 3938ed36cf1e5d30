#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <reel/optim/adam.h>
#include <reel/optim/schedule.h>
#include <reel/optim/sgd.h>
#include <tests/autograd/errors.h>
#include <tests/autograd/golden.h>

using namespace reel;
using namespace reel::testing;

namespace {

Variable parameter() { return Variable::leaf(Tensor::ones({1})); }

std::unique_ptr<optim::Schedule> make_schedule(const Attributes& a, optim::Optimizer& optimizer) {
  const std::string& op = a.word("op");
  if (op == "step_lr") {
    return std::make_unique<optim::StepLR>(optimizer, a.integer("step_size"), a.number("gamma"));
  }
  if (op == "cosine_annealing_lr") {
    return std::make_unique<optim::CosineAnnealingLR>(optimizer, a.integer("T_max"), a.number("eta_min"));
  }
  return std::make_unique<optim::OneCycleLR>(optimizer,
                                             optim::OneCycleOptions{.max_lr = a.number("max_lr"),
                                                                    .total_steps = a.integer("total_steps"),
                                                                    .pct_start = a.number("pct_start"),
                                                                    .cycle_momentum = a.flag("cycle_momentum"),
                                                                    .base_momentum = a.number("base_momentum"),
                                                                    .max_momentum = a.number("max_momentum"),
                                                                    .div_factor = a.number("div_factor"),
                                                                    .final_div_factor = a.number("final_div_factor")});
}

}  // namespace

TEST_CASE("schedule: learning rates and momenta are PyTorch's") {
  const io::SafeTensors file = load_golden("optim");
  int cases = 0;
  for (const auto& [name, text] : file.metadata) {
    const auto rates = file.tensors.find(name + ".lr");
    if (rates == file.tensors.end()) continue;
    CAPTURE(name);
    ++cases;
    const Attributes a(text);
    optim::SGD sgd({parameter()}, {.lr = a.number("lr"), .momentum = a.number("momentum")});
    const auto schedule = make_schedule(a, sgd);
    const std::int64_t steps = rates->second.numel();
    for (std::int64_t i = 0; i < steps; ++i) {
      CAPTURE(i);
      CHECK(schedule->count() == i);
      CHECK(sgd.lr() == doctest::Approx(rates->second.at({i})).epsilon(1e-12));
      CHECK(sgd.momentum() == doctest::Approx(file.tensors.at(name + ".momentum").at({i})).epsilon(1e-12));
      if (i + 1 < steps) schedule->step();
    }
  }
  CHECK(cases == 4);
}

TEST_CASE("schedule: OneCycle moves Adam's beta1, or leaves the momentum alone") {
  optim::Adam adam({parameter()});
  optim::OneCycleLR schedule(adam, {.max_lr = 0.1, .total_steps = 10});
  CHECK(adam.lr() == doctest::Approx(0.1 / 25));
  CHECK(adam.momentum() == doctest::Approx(0.95));
  for (int i = 0; i < 9; ++i) schedule.step();
  CHECK(adam.lr() == doctest::Approx(0.1 / 25 / 1e4));
  CHECK(adam.momentum() == doctest::Approx(0.95));

  optim::SGD sgd({parameter()}, {.momentum = 0.5});
  optim::OneCycleLR fixed(sgd, {.max_lr = 0.1, .total_steps = 10, .cycle_momentum = false});
  fixed.step();
  CHECK(sgd.momentum() == 0.5);
}

TEST_CASE("schedule: OneCycle at the edges of its options") {
  for (const double share : {0.0, 0.1, 1.0}) {
    CAPTURE(share);
    optim::SGD sgd({parameter()}, {});
    optim::OneCycleLR schedule(sgd, {.max_lr = 0.1, .total_steps = 10, .pct_start = share});
    double highest = sgd.lr();
    for (int i = 0; i < 9; ++i) {
      CHECK_NOTHROW(schedule.step());
      highest = std::max(highest, sgd.lr());
    }
    CHECK(std::isfinite(sgd.momentum()));
    CHECK(highest <= 0.1 * (1 + 1e-12));
    if (share > 0) CHECK(highest == doctest::Approx(0.1));
  }
}

TEST_CASE("schedule: what they refuse") {
  optim::SGD sgd({parameter()}, {});
  const auto one_cycle = [&](const optim::OneCycleOptions& options) {
    return [&sgd, options] { optim::OneCycleLR(sgd, options); };
  };
  check_errors({
      {[&] { optim::StepLR(sgd, 0); }, {"ValueError: StepLR: ", "step_size", "0"}},
      {[&] { optim::CosineAnnealingLR(sgd, 0); }, {"ValueError: CosineAnnealingLR: ", "t_max", "0"}},
      {one_cycle({.total_steps = 5}), {"ValueError: OneCycleLR: ", "max_lr"}},
      {one_cycle({.max_lr = 1}), {"ValueError: OneCycleLR: ", "total_steps"}},
      {one_cycle({.max_lr = 1, .total_steps = 5, .pct_start = 1.5}), {"ValueError: OneCycleLR: ", "pct_start", "1.5"}},
  });
  optim::OneCycleLR schedule(sgd, {.max_lr = 0.1, .total_steps = 3});
  for (int i = 0; i < 3; ++i) schedule.step();
  check_error([&] { schedule.step(); }, {"ValueError: OneCycleLR: ", "4", "total_steps = 3"});
  CHECK(schedule.count() == 3);
}
