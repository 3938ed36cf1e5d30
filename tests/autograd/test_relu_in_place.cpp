#include <doctest/doctest.h>

#include <reel/autograd/gradcheck.h>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/tape.h>
#include <tests/threads.h>

using namespace reel;
using reel::testing::same_bits;

namespace {

const Tensor numbers = Tensor::of({-2, -0.5, 0, 0.5, 2, -1}, {2, 3});

}  // namespace

TEST_CASE("relu writes over what nobody else holds") {
  Variable x = Variable(numbers.clone());
  const auto* memory = x.value().bytes();
  const Variable y = relu(std::move(x));
  CHECK(y.value().bytes() == memory);
  CHECK(same_bits(y.value(), relu(numbers)));
}

TEST_CASE("relu leaves alone what somebody else can see") {
  const Tensor before = numbers.clone();
  const Variable kept = Variable(numbers.clone());
  CHECK(same_bits(relu(kept).value(), relu(before)));
  CHECK(same_bits(kept.value(), before));

  const Tensor whole = numbers.clone();  // a view is another handle of the same memory
  CHECK(same_bits(relu(Variable(whole.select(0, 0))).value(), relu(before.select(0, 0))));
  CHECK(same_bits(whole, before));

  Variable leaf = Variable::leaf(numbers.clone());
  const Variable other = leaf;
  static_cast<void>(relu(std::move(leaf)));
  CHECK(same_bits(other.value(), before));
}

TEST_CASE("relu of a leaf that was given away leaves the leaf as it was") {
  const Tape tape;
  const Variable y = relu(Variable::leaf(numbers.clone()));
  REQUIRE(tape.leaves().size() == 1);
  CHECK(same_bits(tape.leaves()[0].value(), numbers));
}

TEST_CASE("relu does not touch what a backward has kept") {
  // Each of these keeps its own output.
  for (const auto op : {+[](const Variable& x) { return exp(x); }, +[](const Variable& x) { return sqrt(x * x + 0.5); },
                        +[](const Variable& x) { return tanh(x); }, +[](const Variable& x) { return sigmoid(x); },
                        +[](const Variable& x) { return softmax(x); }, +[](const Variable& x) { return relu(x); },
                        +[](const Variable& x) { return log_softmax(x); }}) {
    check_op([op](const std::vector<Variable>& in) { return relu(op(in[0]) - 0.3) + relu(op(in[0])); },
             {numbers.to(float64) + 0.01});
  }
}

TEST_CASE("relu works on an expanded tensor, and on what has no elements") {
  CHECK(same_bits(relu(Variable(Tensor::of({-1, 1}).expand({3, 2}))).value(), Tensor::of({0, 1, 0, 1, 0, 1}, {3, 2})));
  CHECK(relu(Variable(Tensor::zeros({0, 3}))).shape() == Shape{0, 3});
  CHECK_THROWS_AS(static_cast<void>(relu(Variable(Tensor::ones({2}, int64)))), TypeError);
  CHECK_THROWS_AS(static_cast<void>(relu(Variable())), ValueError);
  Tensor turned = Tensor::ones({2, 3}).transpose(0, 1);
  CHECK_THROWS_AS(relu_in_place(turned), ShapeError);
}
