#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/tape.h>
#include <reel/core/io/safetensors.h>
#include <reel/core/random.h>
#include <reel/nn/activation.h>
#include <reel/nn/batch_norm.h>
#include <reel/nn/linear.h>
#include <reel/nn/sequential.h>
#include <reel/optim/ema.h>
#include <reel/optim/schedules.h>
#include <reel/optim/sgd.h>
#include <reel/training/checkpointer.h>
#include <set>
#include <tests/autograd/errors.h>
#include <tests/core/io/files.h>

using namespace reel;
using namespace reel::testing;
using training::Checkpointer;
using training::EarlyStopping;

namespace {

/// A run with all that has a state: dropout draws from the default generator.
struct Run {
  nn::Sequential model{nn::Linear(6, 8), nn::BatchNorm1d(8), nn::ReLU(), nn::Dropout(0.3), nn::Linear(8, 3)};
  optim::SGD optimizer{model.parameters(), {.lr = 0.1, .momentum = 0.9}};
  optim::OneCycleLR schedule{optimizer, {.max_lr = 0.1, .total_steps = 40}};
  optim::EMA ema{model.parameters()};
  EarlyStopping stopping;

  void train(std::int64_t from, std::int64_t to) {
    for (std::int64_t step = from; step < to; ++step) {
      Generator own(9, static_cast<std::uint64_t>(2 * step));
      const Tensor x = normal({5, 6}, 0, 1, float32, own), y = randint(0, 3, {5}, own);
      Tape tape;
      const Variable loss = cross_entropy(model(x), y);
      tape.backward(loss);
      optimizer.step();
      optimizer.zero_grad();
      schedule.step();
      ema.update();
      stopping.step(loss.item());
    }
  }
  void join(Checkpointer& checkpoints) {
    checkpoints.add("model", model);
    checkpoints.add("optimizer", optimizer);
    checkpoints.add("schedule", schedule);
    checkpoints.add("ema", ema);
    checkpoints.add("stopping", stopping);
  }
};

std::vector<std::string> names(const std::vector<std::string>& paths) {
  std::vector<std::string> out;
  for (const std::string& path : paths) out.push_back(std::filesystem::path(path).filename().string());
  return out;
}

std::string file(int step) { return concat("step-00000000", step < 10 ? "0" : "", step, ".safetensors"); }

}  // namespace

TEST_CASE("checkpointer: a run that was stopped goes on to the bit") {
  const test::TemporaryFolder folder;
  manual_seed(7);
  Run whole;
  Checkpointer last(folder / "whole");
  whole.join(last);
  CHECK_FALSE(last.resume().has_value());
  whole.train(0, 20);
  last.save(20, 0.5);

  manual_seed(7);
  Run first;
  Checkpointer saving(folder / "parts");
  first.join(saving);
  first.train(0, 8);
  saving.save(8, 0.5);

  manual_seed(std::uint64_t{0} - 1);  // what another process has
  static_cast<void>(normal({3}));
  Run second;
  Checkpointer resuming(folder / "parts");
  second.join(resuming);
  REQUIRE(resuming.resume() == 8);
  CHECK(resuming.best_metric() == 0.5);
  second.train(8, 20);
  resuming.save(20);
  CHECK(test::slurp(last.files().back()) == test::slurp(resuming.files().back()));
  CHECK(default_generator().seed() == 7);

  manual_seed(std::uint64_t{0} - 1);
  resuming.save(21);
  manual_seed(0);
  CHECK(resuming.resume() == 21);
  CHECK(default_generator().seed() == std::uint64_t{0} - 1);
}

TEST_CASE("checkpointer: keeps the last files and the best") {
  const test::TemporaryFolder folder;
  nn::Linear model(1, 1);
  Checkpointer checkpoints(folder / "run", {.keep_last = 2, .mode = training::Mode::max});
  checkpoints.add("model", model);
  CHECK(checkpoints.files().empty());
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double metrics[] = {nan, 0.5, 0.9, 0.9, 0.7};
  for (int step = 0; step < 5; ++step) {
    Tensor weight = model.weight().value();
    weight.fill(step);
    checkpoints.save(step, metrics[step]);
    CHECK(std::filesystem::exists(checkpoints.best()) == (step > 0));
  }
  CHECK(names(checkpoints.files()) == std::vector{file(3), file(4)});
  CHECK(checkpoints.best_metric() == 0.9);
  CHECK(checkpoints.load(checkpoints.best()) == 2);
  CHECK(model.weight().item() == 2);
  CHECK(io::load_safetensors(checkpoints.files()[0]).tensors.at("model.weight").item() == 3);

  // A run that goes back deletes nothing that is not its own, nor what it has just saved.
  test::spill(folder / "run/step-1.safetensors", "not of this kind");
  checkpoints.save(1);
  CHECK(names(checkpoints.files()) == std::vector{file(1), file(3), file(4)});
  checkpoints.save(2);
  checkpoints.save(10);
  CHECK(names(checkpoints.files()) == std::vector{file(4), file(10)});
  CHECK(std::filesystem::exists(folder / "run/step-1.safetensors"));
  CHECK(checkpoints.resume() == 10);
}

TEST_CASE("checkpointer: a file has the configuration, and a run of another one does not go on from it") {
  const test::TemporaryFolder folder;
  nn::Linear model(1, 1);
  Checkpointer saving(folder / "run", {.config = {{"model", "lenet5"}, {"lr", "0.1"}}});
  saving.add("model", model);
  saving.save(1, 0.5);
  CHECK(training::read_config(saving.best()) == training::Config{{"model", "lenet5"}, {"lr", "0.1"}});

  Checkpointer fewer(folder / "run", {.config = {{"lr", "0.1"}}});
  fewer.add("model", model);
  CHECK(fewer.resume() == 1);
  Checkpointer other(folder / "run", {.config = {{"lr", "0.2"}, {"seed", "1"}}});
  other.add("model", model);
  check_error([&] { other.resume(); },
              {"StateError: ", "step-0000000001.safetensors", "another configuration",
               "\n  lr: saved with 0.1, this run has 0.2", "\n  seed: saved with nothing, this run has 1"});
}

TEST_CASE("checkpointer: resume removes what a crash has left, and nothing else") {
  const test::TemporaryFolder folder;
  nn::Linear model(1, 1);
  Checkpointer checkpoints(folder / "run");
  checkpoints.add("model", model);
  checkpoints.save(1);
  for (const std::string left : {"step-0000000002.safetensors.tmp.7.0", "best.safetensors.tmp.7.1"}) {
    test::spill(folder / ("run/" + left), "half");
  }
  test::spill(folder / "run/notes.tmp.7.0", "mine");
  CHECK(checkpoints.resume() == 1);
  std::set<std::string> there;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "run"))
    there.insert(entry.path().filename().string());
  CHECK(there == std::set<std::string>{"notes.tmp.7.0", "step-0000000001.safetensors"});
}

TEST_CASE("checkpointer: what it refuses") {
  const test::TemporaryFolder folder;
  nn::Linear model(2, 2), other(2, 3);
  Checkpointer checkpoints(folder / "run");
  checkpoints.add("model", model);
  check_errors({
      {[&] { checkpoints.add("model", other); }, {"ValueError: Checkpointer: ", "\"model\""}},
      {[&] { checkpoints.add("", other); }, {"ValueError: Checkpointer: "}},
      {[&] { checkpoints.add("a.b", other); }, {"ValueError: Checkpointer: ", "without a dot"}},
      {[&] { checkpoints.add("random", other); }, {"ValueError: Checkpointer: "}},
      {[&] { checkpoints.save(-1); }, {"ValueError: Checkpointer: ", "got -1"}},
      {call([&] { return Checkpointer(folder / "x", {.keep_last = 0}); }), {"ValueError: Checkpointer: keep_last"}},
  });
  checkpoints.save(3);
  Checkpointer misfit(folder / "run"), strange(folder / "run");
  misfit.add("model", other);
  strange.add("net", other);
  check_error([&] { misfit.resume(); }, {"StateError: load_state_dict (model): ", "misfit: bias wants float32 [3]"});
  check_error([&] { strange.resume(); }, {"StateError: load_state_dict: ", "checkpointer", "unexpected: model.weight"});
  test::spill(checkpoints.files()[0], "short");
  CHECK(test::fails_with(checkpoints.files()[0], "", [&] { checkpoints.resume(); }));
  CHECK(test::fails_with(folder / "none", "", [&] { checkpoints.load(folder / "none"); }));
  test::spill(folder / "file", "");
  CHECK(test::fails_with(folder / "file/run", "can't be made", [&] { Checkpointer(folder / "file/run"); }));
}
