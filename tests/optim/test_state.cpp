#include <doctest/doctest.h>

#include <cmath>
#include <reel/core/random.h>
#include <reel/optim/ema.h>
#include <tests/autograd/errors.h>
#include <tests/data/files.h>
#include <tests/optim/optim_cases.h>
#include <tests/threads.h>

using namespace reel;
using namespace reel::testing;

namespace {

/// Everything that moves in a training run. Gradients depend on the parameters and the step.
struct Run {
  explicit Run(const std::string& op, const std::string& schedule_text, const std::vector<Tensor>& values)
      : parameters({Variable::leaf(values[0].clone()), Variable::leaf(values[1].clone())}),
        optimizer(make_optimizer(op, parameters)),
        schedule(make_schedule(schedule_text, *optimizer)),
        plateau(*optimizer, {.factor = 0.7, .patience = 1, .cooldown = 1}),
        ema(parameters, {.decay = 0.9, .warmup = true}) {}

  void train(int from, int to) {
    for (int t = from; t < to; ++t) {
      for (std::size_t p = 0; p < parameters.size(); ++p) {
        if (p == 1 && t < 2) continue;  // it comes later
        parameters[p].set_grad(sin(parameters[p].value() * (1 + 0.1 * t) + static_cast<double>(p)));
      }
      optimizer->step();
      optimizer->zero_grad();
      schedule.step();
      plateau.step(std::abs(parameters[0].value().at({0})) + 0.1 * (t % 3));
      ema.update();
    }
  }

  [[nodiscard]] std::vector<Tensor> values() const { return {parameters[0].value(), parameters[1].value()}; }

  std::vector<Variable> parameters;
  std::unique_ptr<optim::Optimizer> optimizer;
  optim::Schedule schedule;
  optim::ReduceLROnPlateau plateau;
  optim::EMA ema;
};

StateDict through_a_file(const StateDict& state) {
  const data::testing::TemporaryFolder folder;
  io::save_safetensors(folder / "state.safetensors", state);
  return io::load_safetensors(folder / "state.safetensors").tensors;
}

std::vector<std::string> names(const StateDict& state) {
  std::vector<std::string> out;
  for (const auto& [name, tensor] : state) out.push_back(name);
  return out;
}

Variable leaf() { return Variable::leaf(Tensor::ones({2})); }

}  // namespace

TEST_CASE("optimizer state: a run that is stopped and resumed gives the same bits") {
  for (const std::string op : {"op=sgd lr=0.1", "op=sgd lr=0.1 momentum=0.9 dampening=0.1 weight_decay=0.01",
                               "op=sgd lr=0.1 momentum=0.9 1.lr=0.02", "op=adam lr=0.05 1.lr=0.01 1.amsgrad=1",
                               "op=adamw lr=0.05 amsgrad=1", "op=rmsprop lr=0.02 momentum=0.9 centered=1",
                               "op=rmsprop lr=0.02", "op=adagrad lr=0.1 lr_decay=0.1 initial_accumulator_value=0.1"}) {
    for (const std::string schedule :
         {"op=one_cycle total_steps=20 max_lr=0.2 cycle_momentum=0",
          "op=sequential milestones=3 0.op=linear 1.op=cosine 1.T_max=17", "op=exponential gamma=0.9"}) {
      CAPTURE(op);
      CAPTURE(schedule);
      Generator generator(3);
      const std::vector<Tensor> start{normal({7}, 0, 1, float32, generator), normal({2, 3}, 0, 1, float64, generator)};
      Run whole(op, schedule, start);
      whole.train(0, 20);
      for (const int stop : {0, 1, 2, 9}) {
        CAPTURE(stop);
        Run first(op, schedule, start);
        first.train(0, stop);
        Run second(op, schedule, first.values());
        second.optimizer->load_state_dict(through_a_file(first.optimizer->state_dict()));
        second.schedule.load_state_dict(through_a_file(first.schedule.state_dict()));
        second.plateau.load_state_dict(first.plateau.state_dict());
        second.ema.load_state_dict(first.ema.state_dict());
        first.train(stop, 20);  // what it does now is its own
        second.train(stop, 20);
        for (const std::size_t p : {0, 1}) {
          CHECK(same_bits(second.values()[p], whole.values()[p]));
          CHECK(same_bits(second.ema.averages()[p], whole.ema.averages()[p]));
          CHECK(same_bits(first.values()[p], whole.values()[p]));
        }
        for (std::size_t g = 0; g < whole.optimizer->group_count(); ++g) {
          CHECK(second.optimizer->lr(g) == whole.optimizer->lr(g));
        }
      }
    }
  }
}

TEST_CASE("optimizer state: OneCycle's momentum is resumed too") {
  const auto make = [] { return optim::SGD({leaf()}, {.lr = 0.1, .momentum = 0.5}); };
  optim::SGD sgd = make();
  optim::OneCycleLR schedule(sgd, {.total_steps = 10});
  for (int i = 0; i < 4; ++i) schedule.step();
  optim::SGD other = make();
  optim::OneCycleLR resumed(other, {.total_steps = 10});
  other.load_state_dict(sgd.state_dict());
  resumed.load_state_dict(schedule.state_dict());
  CHECK(other.base_pace(0).momentum == 0.5);
  CHECK(resumed.count() == 4);
  CHECK(other.lr() == sgd.lr());
  CHECK(other.momentum() == sgd.momentum());
}

TEST_CASE("optimizer state: its names") {
  const Variable a = leaf();
  const Variable b = leaf();
  optim::RMSprop rmsprop({{{a}, {.centered = true}}, {{b}, {.momentum = 0.5}}});
  const std::vector<std::string> group{
      "param_groups.0.initial_lr", "param_groups.0.initial_momentum", "param_groups.0.lr", "param_groups.0.momentum",
      "param_groups.1.initial_lr", "param_groups.1.initial_momentum", "param_groups.1.lr", "param_groups.1.momentum"};
  CHECK(names(rmsprop.state_dict()) == group);
  for (const Variable& p : {a, b}) p.set_grad(Tensor::ones({2}));
  rmsprop.step();
  std::vector<std::string> all = group;
  for (const char* name : {"state.0.grad_avg", "state.0.square_avg", "state.0.step", "state.1.momentum_buffer",
                           "state.1.square_avg", "state.1.step"}) {
    all.emplace_back(name);
  }
  CHECK(names(rmsprop.state_dict()) == all);
  CHECK(rmsprop.state_dict().at("state.0.step").dtype() == int64);
  optim::Adagrad adagrad({a});
  CHECK(names(adagrad.state_dict()) == std::vector<std::string>{"param_groups.0.initial_lr", "param_groups.0.lr"});
}

TEST_CASE("optimizer state: what does not fit is listed, and nothing is changed") {
  const Variable a = leaf();
  optim::Adam adam({a});
  a.set_grad(Tensor::ones({2}));
  adam.step();
  StateDict state = adam.state_dict();
  for (auto& [name, tensor] : state) tensor = tensor.clone();
  state["param_groups.0.lr"].fill(7);
  state.erase("state.0.exp_avg");
  state["state.0.exp_avg_sq"] = Tensor::zeros({3});
  state["state.1.step"] = Tensor::scalar(1, int64);
  check_error([&] { adam.load_state_dict(state); },
              {"StateError: load_state_dict: ", "this optimizer", "missing: state.0.exp_avg float32 [2]",
               "misfit: state.0.exp_avg_sq wants float32 [2], got float32 [3]", "unexpected: state.1.step int64 []"});
  CHECK(adam.lr() == 1e-3);
  CHECK(adam.state_dict().at("state.0.exp_avg").at({0}) == doctest::Approx(0.1));
  CHECK(adam.base_pace(0).lr == 1e-3);
  optim::StepLR schedule(adam, 2);
  optim::ReduceLROnPlateau plateau(adam);
  optim::EMA ema({a});
  check_errors({
      {[&] { schedule.load_state_dict({}); }, {"StateError: load_state_dict: ", "this schedule", "last_epoch"}},
      {[&] { plateau.load_state_dict(schedule.state_dict()); }, {"StateError: load_state_dict: ", "missing: best"}},
      {[&] { ema.load_state_dict({}); }, {"StateError: load_state_dict: ", "this EMA", "average.0", "n_averaged"}},
  });
}
