#include <doctest/doctest.h>

#include <limits>
#include <reel/training/early_stopping.h>
#include <tests/autograd/errors.h>

using namespace reel;
using namespace reel::testing;
using training::EarlyStopping;

namespace {

/// How many values it takes; one more than there are where it never stops.
std::size_t taken(EarlyStopping stopping, const std::vector<double>& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (stopping.step(values[i])) return i + 1;
  }
  return values.size() + 1;
}

}  // namespace

TEST_CASE("early stopping: patience, min_delta and mode") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(taken(EarlyStopping({.patience = 2}), {3, 2, 2, 1, 1, 1}) == 6);
  CHECK(taken(EarlyStopping({.patience = 1}), {3, 2, 2, 1}) == 3);
  CHECK(taken(EarlyStopping({.patience = 2, .min_delta = 0.5}), {3, 2.9, 2.5, 2.4}) == 3);
  CHECK(taken(EarlyStopping({.patience = 2, .min_delta = 0.5}), {3, 2.9, 2.4, 2.3, 2.2}) == 5);
  CHECK(taken(EarlyStopping({.patience = 2, .mode = training::Mode::max}), {1, 2, 1, 3, 2, 3}) == 6);
  CHECK(taken(EarlyStopping({.patience = 2}), {1, nan, nan, 0}) == 3);
  CHECK(taken(EarlyStopping({.patience = 3}), {nan, nan, nan}) == 3);
  CHECK(taken(EarlyStopping({.patience = 3}), {3, 2, 1}) == 4);
}

TEST_CASE("early stopping: goes on from its state") {
  EarlyStopping first({.patience = 3});
  for (const double value : {2.0, 1.0, 1.5, 1.5}) CHECK_FALSE(first.step(value));
  EarlyStopping second({.patience = 3});
  second.load_state_dict(first.state_dict());
  CHECK(second.best() == 1);
  CHECK_FALSE(second.should_stop());
  CHECK(second.step(1.2));
  check_error([&] { second.load_state_dict({}); }, {"StateError: load_state_dict: ", "missing: best"});
  CHECK(second.best() == 1);
}

TEST_CASE("early stopping: what it refuses") {
  check_errors({
      {call([] { return EarlyStopping({.patience = 0}); }), {"ValueError: EarlyStopping: patience", "got 0"}},
      {call([] { return EarlyStopping({.min_delta = -1}); }), {"ValueError: EarlyStopping: min_delta", "got -1"}},
  });
}
