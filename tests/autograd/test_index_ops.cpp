#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/index.h>
#include <reel/autograd/tape.h>
#include <tests/autograd/errors.h>
#include <tests/op_table.h>

// Indexing: gradients of every order, and what is said to wrong arguments.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

namespace {

Tensor places(std::initializer_list<double> values, const Shape& shape) { return Tensor::of(values, shape, int64); }
Tensor flags(std::initializer_list<double> values, const Shape& shape) { return Tensor::of(values, shape, boolean); }

}  // namespace

TEST_CASE("gradients: indexing") {
  const Tensor list = labels({2, 0, 2});
  const Tensor picks = places({1, 0, 3, 3, 2, 1}, {3, 2});
  const Tensor once = places({1, 0, 3, 2, 2, 1}, {3, 2});
  const Tensor mask = flags({1, 0, 1, 0, 1, 1}, {2, 3});
  const auto at = [](const std::vector<Index>& indices) { return [=](const In& v) { return index(v[0], indices); }; };
  const auto added = [](const std::vector<Index>& indices) {
    return [=](const In& v) { return index_put(v[0], indices, v[1], true); };
  };
  const auto written = [](const std::vector<Index>& indices) {
    return [=](const In& v) { return index_put(v[0], indices, v[1]); };
  };
  check_table({
      {"index", at({labels({-1, 0, 2})}), {{3, 2}}},
      {"index outer", at({places({1, 0}, {2, 1}), list}), {{2, 3}}},
      {"index apart", at({labels({1, 0, 1}), Slice{}, list}), {{2, 2, 3}}},
      {"index everything", at({1, labels({0, 1, 1}), Slice{.start = 1}, list}), {{2, 2, 3, 3}}},
      {"index by a mask", at({mask}), {{2, 3, 2}}},
      {"index by slices", at({Slice{.step = 2}, -1}), {{5, 2}}},
      {"index_put added", added({list}), {{3, 2}, {3, 2}}},
      {"index_put added, broadcast", added({Slice{}, list}), {{2, 3}, {2, 1}}},
      {"index_put added by a mask", added({mask}), {{2, 3}, {4}}},
      {"index_put", written({labels({2, 0})}), {{3, 2}, {2, 2}}},
      {"index_put, one value", written({mask}), {{2, 3, 2}, {}}},
      {"index_put of a slice", written({Slice{.start = 1}, 0}), {{3, 2}, {2}}},
      {"masked_select", [=](const In& v) { return masked_select(v[0], mask); }, {{2, 3}}},
      {"masked_select, broadcast", [=](const In& v) { return masked_select(v[0], mask); }, {{3}}},
      {"masked_fill", [=](const In& v) { return masked_fill(v[0], mask, 7) * v[0]; }, {{2, 3}}},
      {"index_select", [=](const In& v) { return index_select(v[0], 1, list); }, {{2, 3}}},
      {"index_add", [=](const In& v) { return index_add(v[0], -1, list, v[1]); }, {{2, 3}, {2, 3}}},
      {"index_copy",
       [=](const In& v) {
         return index_copy(v[0], 0, labels({2, 0}), v[1]);
       },
       {{3, 2}, {2, 2}}},
      {"gather", [=](const In& v) { return gather(v[0], 1, picks); }, {{3, 4}}},
      {"scatter_add", [=](const In& v) { return scatter_add(v[0], 1, picks, v[1]); }, {{3, 4}, {3, 2}}},
      {"scatter", [=](const In& v) { return scatter(v[0], 1, once, v[1]); }, {{3, 4}, {3, 2}}},
  });
}

TEST_CASE("an element that is read twice gets both gradients") {
  const Variable a = Variable::leaf(Tensor::ones({4, 3}));
  Tape tape;
  tape.backward(index(a, {labels({1, 1})}), {.gradient = Tensor::ones({2, 3})});
  CHECK(a.grad().is_contiguous());
  CHECK(a.grad().at({1, 2}) == 2);
  CHECK(a.grad().at({0, 0}) == 0);
}

TEST_CASE("op errors: indexing") {
  const Variable x = zeros({2, 3});
  check_errors({
      {call([=] {
         return index(x, {labels({0, 2})});
       }),
       {"IndexError: index: ", "2 at position 1", "[-2, 2)"}},
      {call([=] {
         return index(x, {Slice{}, labels({-4})});
       }),
       {"IndexError: index: ", "-4", "[-3, 3)"}},
      {call([=] { return index(x, {3}); }), {"IndexError: index: ", "3", "[-2, 2)"}},
      {call([=] {
         return index(x, {0, 0, 0});
       }),
       {"IndexError: index: ", "more axes", "[2, 3]"}},
      {call([=] {
         return index(x, {0, 0, labels({0})});
       }),
       {"IndexError: index: ", "more axes"}},
      {call([=] { return index(x, {Slice{.step = 0}}); }), {"ValueError: slice: ", "step"}},
      {call([=] { return index(x, {Tensor::zeros({2})}); }), {"TypeError: index: ", "int64", "float32"}},
      {call([=] { return index(x, {Tensor::zeros({2}, uint8)}); }), {"TypeError: index: ", "int64", "uint8"}},
      {call([=] { return index(x, {Tensor()}); }), {"ValueError: index: ", "undefined"}},
      {call([=] { return index(Variable(), {0}); }), {"ValueError: index: ", "undefined"}},
      {call([=] { return index(x, {Tensor::ones({3}, boolean)}); }), {"ShapeError: index: ", "mask [3]", "[2, 3]"}},
      {call([=] {
         return index(x, {0, Tensor::ones({3, 1}, boolean)});
       }),
       {"IndexError: index: ", "more axes"}},
      {call([=] { return index(x, {Tensor::ones({}, boolean)}); }), {"ShapeError: index: ", "mask"}},
      {call([=] {
         return index(x, {labels({0, 1}), labels({0, 1, 2})});
       }),
       {"ShapeError: index: ", "[2]", "[3]"}},
      {call([=] { return index_put(x, {0}, zeros({2})); }), {"ShapeError: index_put: ", "[2]", "[3]"}},
      {call([=] {
         return index_put(x, {labels({0})}, zeros({2, 3}));
       }),
       {"ShapeError: index_put: ", "[2, 3]", "[1, 3]"}},
      {call([=] { return index_put(x, {0}, zeros({3}, float64)); }), {"TypeError: index_put: ", "float64"}},
      {call([=] {
         const Variable bytes = zeros({2}, uint8);
         return index_put(bytes, {labels({0, 1})}, bytes, true);
       }),
       {"TypeError: index_put: ", "uint8"}},
      {call([=] { return masked_select(x, Tensor::ones({2}, boolean)); }), {"ShapeError: masked_select: ", "[2, 3]"}},
      {call([=] {
         return masked_select(x, Tensor::ones({2, 3}));
       }),
       {"TypeError: masked_select: ", "bool"}},
      {call([=] {
         return masked_fill(x, Tensor::ones({2, 3}), 0);
       }),
       {"TypeError: masked_fill: ", "bool"}},
      {call([=] { return masked_fill(x, Tensor(), 0); }), {"ValueError: masked_fill: ", "undefined"}},
      {call([=] {
         return index_add(x, 1, labels({0, 3}), zeros({2, 2}));
       }),
       {"IndexError: index_add: ", "3"}},
      {call([=] { return index_add(x, 1, labels({0}), x); }), {"ShapeError: index_add: ", "[2, 1]", "[2, 3]"}},
      {call([=] { return index_copy(x, 1, labels({0}).unsqueeze(0), x); }), {"ShapeError: index_copy: ", "[K]"}},
      {call([=] { return index_copy(x, 2, labels({0}), x); }), {"IndexError: index_copy: ", "axis 2"}},
      {call([=] { return scatter(x, 1, labels({0}), x); }), {"ShapeError: scatter: ", "[1]", "[2, 3]"}},
      {call([=] {
         return scatter_add(x, 0, places({0, 1}, {2, 1}), x);
       }),
       {"ShapeError: scatter_add: ", "source [2, 3]", "index [2, 1]"}},
      {call([=] {
         return scatter_add(x, 0, places({0, 2}, {2, 1}), zeros({2, 1}));
       }),
       {"IndexError: scatter_add: ", "2"}},
      {call([=] {
         return scatter_add(x, 0, places({0}, {1, 1}), zeros({1, 1}, int64));
       }),
       {"TypeError: scatter_add: ", "int64"}},
  });
}
