#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <reel/core/random.h>
#include <reel/training/metrics.h>
#include <tests/autograd/errors.h>

using namespace reel;
using namespace reel::testing;
using training::Accuracy;
using training::ConfusionMatrix;
using training::RunningMean;

TEST_CASE("metrics: a running mean, with weights") {
  RunningMean mean;
  CHECK(std::isnan(mean.mean()));
  mean.add(1);
  mean.add(4, 2);
  CHECK(mean.mean() == 3);
  CHECK(mean.weight() == 3);
  mean.reset();
  CHECK(mean.weight() == 0);
}

TEST_CASE("metrics: accuracy counts the first of equals, and a NaN as the largest") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor logits = Tensor::of({1, 3, 2, 5, 5, 0, nan, 9, 8, 1, 2, 3}, {4, 3});
  Accuracy top1, top2(2), top3(3);
  CHECK(std::isnan(top1.value()));
  for (Accuracy* accuracy : {&top1, &top2, &top3}) {
    accuracy->add(logits, labels({1, 1, 0, 0}));
    accuracy->add(Tensor::zeros({0, 3}), Tensor::zeros({0}, int64));
    CHECK(accuracy->count() == 4);
  }
  CHECK(top1.correct() == 2);
  CHECK(top2.correct() == 3);
  CHECK(top3.value() == 1);
}

TEST_CASE("metrics: accuracy of random logits against a count of those that are larger") {
  manual_seed(1);
  const Tensor logits = normal({200, 10}, 0, 1, float64), truths = randint(0, 10, {200});
  for (const std::int64_t k : {1, 2, 5, 10}) {
    CAPTURE(k);
    std::int64_t correct = 0;
    for (std::int64_t i = 0; i < 200; ++i) {
      std::int64_t larger = 0;
      const double own = logits.at({i, truths.data<std::int64_t>()[i]});
      for (std::int64_t c = 0; c < 10; ++c) larger += logits.at({i, c}) > own ? 1 : 0;
      correct += larger < k ? 1 : 0;
    }
    Accuracy accuracy(k);
    accuracy.add(logits.slice(0, 0, 80), truths.slice(0, 0, 80));
    accuracy.add(logits.slice(0, 80, 200).transpose(0, 1).contiguous().transpose(0, 1), truths.slice(0, 80, 200));
    CHECK(accuracy.correct() == correct);
    CHECK(accuracy.count() == 200);
  }
}

TEST_CASE("metrics: a confusion matrix, its shares, and how both are printed") {
  ConfusionMatrix matrix(3);
  matrix.add(labels({0, 0, 1, 1, 0}), labels({0, 1, 1, 1, 0}));
  matrix.add(Tensor::of({9, 1, 1}, {1, 3}), labels({1}));
  CHECK(matrix(1, 0) == 2);
  CHECK(matrix(1, 1) == 2);
  CHECK(matrix.count() == 6);
  CHECK(matrix.correct() == 4);
  CHECK(matrix.accuracy() == 4.0 / 6);
  CHECK(matrix.precision(0) == 0.5);
  CHECK(matrix.recall(0) == 1);
  CHECK(matrix.precision(1) == 1);
  CHECK(matrix.recall(1) == 0.5);
  CHECK(matrix.f1(1) == doctest::Approx(2 / (1 / 1.0 + 1 / 0.5)));
  CHECK(std::isnan(matrix.precision(2)));
  CHECK(std::isnan(matrix.recall(2)));
  CHECK(concat(matrix) ==
        "true \\ read     0     1     2\n"
        "          0     2     .     .\n"
        "          1     2     2     .\n"
        "          2     .     .     .\n");
  CHECK(matrix.report() ==
        "class  precision     recall         F1   examples\n"
        "    0    50.00 %   100.00 %    66.67 %          2\n"
        "    1   100.00 %    50.00 %    66.67 %          4\n"
        "    2          -          -          -          0\n"
        "  all               66.67 %                     6\n");
  matrix.reset();
  CHECK(matrix.count() == 0);
}

TEST_CASE("metrics: what they refuse") {
  Accuracy accuracy, top4(4);
  ConfusionMatrix matrix(3);
  const Tensor logits = Tensor::zeros({2, 3});
  check_errors({
      {call([] { return Accuracy(0); }), {"ValueError: Accuracy: ", "got 0"}},
      {[&] {
         top4.add(logits, labels({0, 1}));
       },
       {"ValueError: Accuracy: ", "4", "[2, 3]"}},
      {[&] {
         accuracy.add(logits.flatten(), labels({0, 1}));
       },
       {"ShapeError: Accuracy: ", "[N, C]", "[6]"}},
      {[&] {
         accuracy.add(logits, labels({0, 1, 2}));
       },
       {"ShapeError: Accuracy: ", "[2, 3] want 2 labels, got 3"}},
      {[&] {
         accuracy.add(logits, labels({0, 3}));
       },
       {"IndexError: Accuracy: ", "3 at position 1", "[0, 3)"}},
      {[&] { accuracy.add(logits, Tensor::zeros({2})); }, {"TypeError: Accuracy: ", "int64", "float32"}},
      {[&] {
         accuracy.add(labels({0, 1}), labels({0, 1}));
       },
       {"TypeError: Accuracy: ", "float32", "int64"}},
      {[&] { accuracy.add({}, labels({0})); }, {"ValueError: Accuracy: ", "undefined"}},
      {call([] { return ConfusionMatrix(0); }), {"ValueError: ConfusionMatrix: ", "got 0"}},
      {[&] {
         matrix.add(labels({0}), labels({0, 1}));
       },
       {"ShapeError: ConfusionMatrix: ", "1 predictions", "2 labels"}},
      {[&] { matrix.add(labels({3}), labels({0})); },
       {"IndexError: ConfusionMatrix: predictions have 3 at position 0"}},
      {[&] { matrix.add(labels({0}), labels({-1})); }, {"IndexError: ConfusionMatrix: labels have -1"}},
      {[&] {
         matrix.add(Tensor::zeros({2, 4}), labels({0, 1}));
       },
       {"ShapeError: ConfusionMatrix: ", "3 classes", "4"}},
      {call([&] { return matrix(0, 3); }), {"IndexError: ConfusionMatrix: class 3"}},
  });
  CHECK(accuracy.count() == 0);
  CHECK(matrix.count() == 0);
}

TEST_CASE("running mean and accuracy: their state goes on where another stopped") {
  training::RunningMean mean;
  mean.add(2.5, 3);
  training::RunningMean resumed;
  resumed.load_state_dict(mean.state_dict());
  mean.add(1);
  resumed.add(1);
  CHECK(resumed.mean() == mean.mean());
  CHECK(resumed.weight() == 4);

  training::Accuracy accuracy;
  accuracy.add(Tensor::of({1, 0, 0, 1}, {2, 2}), Tensor::of({0, 0}, int64));
  training::Accuracy again;
  again.load_state_dict(accuracy.state_dict());
  CHECK(again.correct() == 1);
  CHECK(again.count() == 2);
  CHECK_THROWS_AS(again.load_state_dict(mean.state_dict()), StateError);
  CHECK_THROWS_AS(resumed.load_state_dict({}), StateError);
  CHECK(again.count() == 2);
}
