#include <doctest/doctest.h>

#include <cmath>
#include <tests/autograd/errors.h>
#include <tests/note.h>
#include <tests/optim/optim_cases.h>

using namespace reel;
using namespace reel::testing;

namespace {

Variable parameter() { return Variable::leaf(Tensor::ones({1})); }

/// An optimizer with a group for each rate.
optim::SGD make_sgd(const std::vector<double>& rates) {
  std::vector<optim::ParameterGroup<optim::SGDOptions>> groups;
  for (const double lr : rates) groups.push_back({{parameter()}, {.lr = lr, .momentum = 0.9}});
  return optim::SGD(groups);
}

bool is_close(double a, double b) { return std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b)) + 1e-15; }

}  // namespace

TEST_CASE("schedule: 100 rates and momenta of each group are those of PyTorch") {
  const io::SafeTensors file = load_golden("optim");
  int cases = 0;
  for (const auto& [name, text] : file.metadata) {
    const auto rates = file.tensors.find(name + ".lr");
    if (rates == file.tensors.end()) continue;
    const auto noted = note(name);
    ++cases;
    optim::SGD sgd = make_sgd(Given(text).numbers("lrs"));
    const bool is_plateau = text.starts_with("op=plateau");
    optim::ReduceLROnPlateau plateau(sgd, is_plateau ? plateau_options(text) : optim::PlateauOptions());
    optim::Schedule schedule = !is_plateau                                ? make_schedule(text, sgd)
                               : text.find(" 0.op=") != std::string::npos ? make_schedule(text, sgd, 0)
                                                                          : optim::StepLR(sgd, 1000);
    const auto momenta = file.tensors.find(name + ".momentum");
    for (std::int64_t i = 0; i < 100; ++i) {
      CAPTURE(i);
      CHECK(schedule.count() == i);
      for (std::size_t group = 0; group < sgd.group_count(); ++group) {
        const auto g = static_cast<std::int64_t>(group);
        CHECK(is_close(sgd.lr(group), rates->second.at({i, g})));
        CHECK(is_close(sgd.momentum(group), momenta == file.tensors.end() ? 0.9 : momenta->second.at({i, g})));
      }
      if (i == 99) break;
      if (is_plateau) plateau.step(file.tensors.at("metric").at({i}));
      schedule.step();
    }
  }
  CHECK(cases == 31);
}

TEST_CASE("schedule: one that is made of others leaves those alone, and they don't get into each other's way") {
  optim::SGD sgd = make_sgd({0.1, 0.01});
  optim::LinearLR warmup(sgd, {.start_factor = 0.1, .total_iters = 2});
  CHECK(sgd.lr(1) == doctest::Approx(0.001));
  optim::SequentialLR schedule(sgd, {warmup, optim::ExponentialLR(sgd, 0.5)}, {2});
  CHECK(sgd.lr(1) == doctest::Approx(0.001));
  for (int i = 0; i < 3; ++i) schedule.step();
  CHECK(sgd.lr(0) == doctest::Approx(0.05));
  CHECK(sgd.lr(1) == doctest::Approx(0.005));
  CHECK(warmup.count() == 0);
  CHECK(sgd.base_pace(0).lr == 0.1);
  // Any kind is a Schedule, and so can be a part.
  optim::Schedule any = optim::ChainedScheduler(sgd, {schedule, optim::StepLR(sgd, 1, 0.5)});
  any.step();
  CHECK(sgd.lr(0) == doctest::Approx(0.055 / 2));
}

TEST_CASE("schedule: a rate that was set by hand goes on under the schedule") {
  optim::SGD sgd = make_sgd({0.4});
  optim::ExponentialLR schedule(sgd, 0.5);
  schedule.step();
  CHECK(sgd.lr() == 0.2);
  sgd.set_lr(0.1);  // half of it
  schedule.step();
  CHECK(sgd.lr() == doctest::Approx(0.05));
  sgd.set_lr(0);
  sgd.set_lr(1);
  CHECK(sgd.base_pace(0).lr == 1);
}

TEST_CASE("schedule: OneCycle goes from each group's own rate where none is given") {
  optim::SGD sgd = make_sgd({1, 0.1});
  optim::OneCycleLR schedule(sgd, {.total_steps = 10});
  double highest[2] = {0, 0};
  for (int i = 0; i < 9; ++i) {
    schedule.step();
    for (const std::size_t group : {0, 1}) highest[group] = std::max(highest[group], sgd.lr(group));
  }
  CHECK(highest[0] == doctest::Approx(1));
  CHECK(highest[1] == doctest::Approx(0.1));
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
      {[&] { optim::LinearLR(sgd, {.start_factor = 0}); }, {"ValueError: LinearLR: ", "start_factor", "0"}},
      {[&] { optim::LinearLR(sgd, {.end_factor = 2}); }, {"ValueError: LinearLR: ", "end_factor", "2"}},
      {[&] { optim::LinearLR(sgd, {.total_iters = 0}); }, {"ValueError: LinearLR: ", "total_iters", "0"}},
      {[&] { optim::ConstantLR(sgd, {.factor = 1.5}); }, {"ValueError: ConstantLR: ", "1.5"}},
      {[&] { optim::CosineAnnealingWarmRestarts(sgd, 0); }, {"ValueError: CosineAnnealingWarmRestarts: ", "t_0"}},
      {[&] { optim::CosineAnnealingWarmRestarts(sgd, 3, 0); }, {"ValueError: CosineAnnealingWarmRestarts: ", "t_mult"}},
      {[&] { optim::SequentialLR(sgd, {optim::StepLR(sgd, 1)}, {5}); }, {"ValueError: SequentialLR: ", "1 and 1"}},
      {[&] {
         optim::SequentialLR(sgd, std::vector<optim::Schedule>(3, optim::StepLR(sgd, 1)), {5, 4});
       },
       {"ValueError: SequentialLR: ", "rise"}},
      {[&] { optim::ChainedScheduler(sgd, {}); }, {"ValueError: ChainedScheduler: ", "no schedules"}},
      {[&] { optim::ReduceLROnPlateau(sgd, {.factor = 1}); }, {"ValueError: ReduceLROnPlateau: ", "factor", "1"}},
      {[&] { optim::ReduceLROnPlateau(sgd, {.patience = -1}); }, {"ValueError: ReduceLROnPlateau: ", "patience", "-1"}},
      {[&] { optim::ReduceLROnPlateau(sgd, {.eps = NAN}); }, {"ValueError: ReduceLROnPlateau: ", "eps", "nan"}},
      {[&] {
         optim::Adagrad adagrad({parameter()});
         optim::OneCycleLR(adagrad, {.total_steps = 5});
       },
       {"ValueError: OneCycleLR: ", "no momentum"}},
      {one_cycle({.max_lr = -1, .total_steps = 5}), {"ValueError: OneCycleLR: ", "max_lr", "-1"}},
      {one_cycle({.max_lr = 1}), {"ValueError: OneCycleLR: ", "total_steps"}},
      {one_cycle({.max_lr = 1, .total_steps = 5, .pct_start = 1.5}), {"ValueError: OneCycleLR: ", "pct_start", "1.5"}},
  });
  optim::OneCycleLR schedule(sgd, {.max_lr = 0.1, .total_steps = 3});
  for (int i = 0; i < 3; ++i) schedule.step();
  check_error([&] { schedule.step(); }, {"ValueError: OneCycleLR: ", "4", "total_steps = 3"});
  CHECK(schedule.count() == 3);
}
