#include <doctest/doctest.h>

#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/rearrange.h>
#include <tests/autograd/errors.h>
#include <tests/op_table.h>

// Rearranging and taking apart: gradients of every order, and what is said to wrong arguments.

using namespace reel;
using namespace reel::testing;
using In = std::vector<Variable>;

TEST_CASE("gradients: rearranging") {
  check_table({
      {"flip",
       [](const In& v) {
         return flip(v[0], {0, -1});
       },
       {{2, 3, 2}}},
      {"roll",
       [](const In& v) {
         return roll(v[0], {1, -2}, {0, 1});
       },
       {{3, 4}}},
      {"roll of all", [](const In& v) { return roll(v[0], {5}); }, {{3, 4}}},
      {"repeat",
       [](const In& v) {
         return repeat(v[0], {2, 1, 3});
       },
       {{2, 2}}},
      {"repeat of rank 8",
       [](const In& v) {
         return repeat(v[0], {1, 2, 1, 1, 1, 1, 1, 2});
       },
       {{1, 2, 1, 1, 1, 1, 1, 2}}},
      {"repeat_interleave", [](const In& v) { return repeat_interleave(v[0], 3, 0); }, {{2, 3}}},
      {"triu", [](const In& v) { return triu(v[0], 1); }, {{2, 3, 3}}},
      {"tril", [](const In& v) { return tril(v[0]); }, {{3, 4}}},
      {"diagonal", [](const In& v) { return diagonal(v[0], 1, 2, 0); }, {{3, 2, 3}}},
      {"diag", [](const In& v) { return diag(v[0], -1); }, {{3}}},
      {"diag of a matrix", [](const In& v) { return diag(v[0]); }, {{3, 2}}},
      {"movedim", [](const In& v) { return movedim(v[0], 0, 2); }, {{2, 3, 2}}},
      {"split",
       [](const In& v) {
         const auto parts = split(v[0], {1, 3}, 1);
         return repeat(parts[0], {1, 3}) * parts[1];
       },
       {{2, 4}}},
      {"chunk",
       [](const In& v) {
         const auto parts = chunk(v[0], 2, 1);
         return parts[0] * parts[1];
       },
       {{2, 4}}},
      {"unbind",
       [](const In& v) {
         const auto parts = unbind(v[0], -1);
         return parts[0] * parts[1] + parts[2];
       },
       {{2, 3}}},
  });
}

TEST_CASE("parts: split, chunk and unbind as PyTorch cuts") {
  const auto sizes = [](const std::vector<Variable>& parts) {
    std::vector<std::int64_t> out;
    for (const Variable& part : parts) out.push_back(part.rank() == 0 ? -1 : part.size(0));
    return out;
  };
  using Sizes = std::vector<std::int64_t>;
  CHECK(sizes(split(zeros({7}), 3)) == Sizes{3, 3, 1});
  CHECK(sizes(split(zeros({0}), 3)) == Sizes{0});
  CHECK(sizes(split(zeros({5}), {4, 0, 1})) == Sizes{4, 0, 1});
  CHECK(sizes(chunk(zeros({9}), 4)) == Sizes{3, 3, 3});
  CHECK(sizes(chunk(zeros({0}), 3)) == Sizes{0, 0, 0});
  CHECK(sizes(unbind(zeros({2}))) == Sizes{-1, -1});
  CHECK(unbind(zeros({0, 3})).empty());
}

TEST_CASE("op errors: rearranging") {
  const Variable x = zeros({2, 3});
  check_errors({
      {call([=] { return flip(x, {2}); }), {"IndexError: flip: ", "axis 2"}},
      {call([=] {
         return flip(x, {0, -2});
       }),
       {"IndexError: flip: ", "twice"}},
      {call([=] { return flip(Variable(), {0}); }), {"ValueError: flip: ", "undefined"}},
      {call([=] {
         return roll(x, {1, 2}, {0});
       }),
       {"ValueError: roll: ", "[1, 2]", "[0]"}},
      {call([=] {
         return roll(x, {1, 2});
       }),
       {"ValueError: roll: ", "[1, 2]"}},
      {call([=] { return roll(x, {1}, {2}); }), {"IndexError: roll: ", "axis 2"}},
      {call([=] { return repeat(x, {2}); }), {"ShapeError: repeat: ", "[2]", "[2, 3]"}},
      {call([=] {
         return repeat(x, {2, -1});
       }),
       {"ValueError: repeat: ", "[2, -1]"}},
      {call([=] { return repeat_interleave(x, -1, 0); }), {"ValueError: repeat_interleave: ", "-1"}},
      {call([=] { return repeat_interleave(x, 2, 2); }), {"IndexError: repeat_interleave: ", "axis 2"}},
      {call([=] { return triu(zeros({3})); }), {"ShapeError: triu: ", "[..., R, C]", "[3]"}},
      {call([=] { return tril(zeros({})); }), {"ShapeError: tril: ", "[]"}},
      {call([=] { return diagonal(x, 0, 1, -1); }), {"IndexError: diagonal: ", "[2, 3]"}},
      {call([=] { return diagonal(x, 0, 0, 2); }), {"IndexError: diagonal: ", "axis 2"}},
      {call([=] {
         return diag(zeros({2, 2, 2}));
       }),
       {"ShapeError: diag: ", "[2, 2, 2]"}},
      {call([=] { return movedim(x, 0, 2); }), {"IndexError: movedim: ", "axis 2"}},
      {call([=] { return split(x, 0); }), {"ValueError: split: ", "0"}},
      {call([=] {
         return split(x, {1, 3}, 1);
       }),
       {"ShapeError: split: ", "4", "3"}},
      {call([=] { return chunk(x, 0); }), {"ValueError: chunk: ", "0"}},
      {call([=] { return unbind(x, 2); }), {"IndexError: unbind: ", "axis 2"}},
  });
}
