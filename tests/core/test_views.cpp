#include <doctest/doctest.h>

#include <functional>
#include <limits>
#include <reel/core/tensor.h>
#include <string_view>
#include <tests/note.h>
#include <vector>

using namespace reel;
using doctest::Contains;

namespace {

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

/// A tensor whose elements are their own places in row-major order.
Tensor counted(const Shape& shape) { return Tensor::arange(0, static_cast<double>(numel(shape))).reshape(shape); }

/// Index number `i`, in row-major order, of a tensor of this shape.
Dims index_at(const Shape& shape, std::int64_t i) {
  Dims index = Dims::filled(shape.rank(), 0);
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return index;
}

/// The elements in row-major order, read one by one through the strides.
std::vector<float> elements(const Tensor& t) {
  std::vector<float> out;
  for (std::int64_t i = 0; i < t.numel(); ++i) {
    const Dims index = index_at(t.shape(), i);
    std::int64_t place = 0;
    for (int axis = 0; axis < t.rank(); ++axis) place += index[axis] * t.strides()[axis];
    out.push_back(t.data<float>()[place]);
  }
  return out;
}

using Place = std::function<float(const Dims&)>;

struct ViewCase {
  std::string_view name;
  Tensor view;
  Shape shape;
  Place place;  // of a view's element in the tensor that was viewed
};

void check_views(const Tensor& source, const std::vector<ViewCase>& table) {
  for (const auto& [name, view, shape, place] : table) {
    const auto noted = note(name);
    CHECK(view.shape() == shape);
    CHECK(view.numel() == numel(shape));
    CHECK(view.shares_memory_with(source));
    std::vector<float> expected;
    for (std::int64_t i = 0; i < numel(shape); ++i) expected.push_back(place(index_at(shape, i)));
    CHECK(elements(view) == expected);
    CHECK(elements(view.clone()) == expected);
  }
}

float at(std::int64_t i, std::int64_t j, std::int64_t k) { return static_cast<float>((i * 3 + j) * 4 + k); }

}  // namespace

TEST_CASE("each view's elements are where index arithmetic puts them") {
  const Tensor t = counted({2, 3, 4});
  check_views(
      t,
      {{"transpose", t.transpose(0, -1), {4, 3, 2}, [](const Dims& i) { return at(i[2], i[1], i[0]); }},
       {"transpose with itself", t.transpose(1, 1), {2, 3, 4}, [](const Dims& i) { return at(i[0], i[1], i[2]); }},
       {"permute", t.permute({1, -1, 0}), {3, 4, 2}, [](const Dims& i) { return at(i[2], i[0], i[1]); }},
       {"narrow", t.narrow(1, 1, 2), {2, 2, 4}, [](const Dims& i) { return at(i[0], i[1] + 1, i[2]); }},
       {"narrow to nothing", t.narrow(-1, 4, 0), {2, 3, 0}, [](const Dims&) { return 0.0F; }},
       {"slice", t.slice(2, 1, 3), {2, 3, 2}, [](const Dims& i) { return at(i[0], i[1], i[2] + 1); }},
       {"slice by two", t.slice(2, 1, 4, 2), {2, 3, 2}, [](const Dims& i) { return at(i[0], i[1], 1 + 2 * i[2]); }},
       {"slice by three", t.slice(2, 0, 4, 3), {2, 3, 2}, [](const Dims& i) { return at(i[0], i[1], 3 * i[2]); }},
       {"slice from the end", t.slice(1, -2, -1), {2, 1, 4}, [](const Dims& i) { return at(i[0], 1, i[2]); }},
       {"slice beyond", t.slice(0, -99, highest), {2, 3, 4}, [](const Dims& i) { return at(i[0], i[1], i[2]); }},
       {"slice backwards", t.slice(0, 1, 0), {0, 3, 4}, [](const Dims&) { return 0.0F; }},
       {"slice from far", t.slice(2, lowest, 2), {2, 3, 2}, [](const Dims& i) { return at(i[0], i[1], i[2]); }},
       {"slice by far", t.slice(2, 1, 4, highest), {2, 3, 1}, [](const Dims& i) { return at(i[0], i[1], 1); }},
       {"select", t.select(1, -1), {2, 4}, [](const Dims& i) { return at(i[0], 2, i[1]); }},
       {"select twice", t.select(0, 1).select(1, 2), {3}, [](const Dims& i) { return at(1, i[0], 2); }},
       {"expand", t.select(0, 1).expand({5, -1, 4}), {5, 3, 4}, [](const Dims& i) { return at(1, i[1], i[2]); }},
       {"expand one", t.narrow(1, 2, 1).expand({2, 3, 4}), {2, 3, 4}, [](const Dims& i) { return at(i[0], 2, i[2]); }},
       {"unsqueeze", t.unsqueeze(1), {2, 1, 3, 4}, [](const Dims& i) { return at(i[0], i[2], i[3]); }},
       {"unsqueeze the end", t.unsqueeze(-1), {2, 3, 4, 1}, [](const Dims& i) { return at(i[0], i[1], i[2]); }},
       {"squeeze", t.narrow(0, 1, 1).squeeze(), {3, 4}, [](const Dims& i) { return at(1, i[0], i[1]); }},
       {"squeeze one", t.narrow(2, 1, 1).squeeze(-1), {2, 3}, [](const Dims& i) { return at(i[0], i[1], 1); }},
       {"squeeze none", t.squeeze(1), {2, 3, 4}, [](const Dims& i) { return at(i[0], i[1], i[2]); }},
       {"as_strided", t.as_strided({2, 2}, {1, 12}, 3), {2, 2}, [](const Dims& i) { return at(i[1], 0, 3 + i[0]); }},
       {"backwards", t.as_strided({24}, {-1}, 23), {24}, [](const Dims& i) { return 23 - static_cast<float>(i[0]); }},
       {"flatten", t.flatten(1), {2, 12}, [](const Dims& i) { return static_cast<float>(i[0] * 12 + i[1]); }},
       {"flatten all", t.flatten(), {24}, [](const Dims& i) { return static_cast<float>(i[0]); }},
       {"reshape", t.reshape({4, -1}), {4, 6}, [](const Dims& i) { return static_cast<float>(i[0] * 6 + i[1]); }}});
}

TEST_CASE("views of a scalar and of nothing") {
  const Tensor scalar = Tensor::scalar(3);
  CHECK(scalar.flatten().shape() == Shape{1});
  CHECK(scalar.reshape({1, -1, 1}).shape() == Shape{1, 1, 1});
  CHECK(scalar.unsqueeze(-1).shape() == Shape{1});
  CHECK(scalar.squeeze().shape() == Shape{});
  CHECK(elements(scalar.expand({2, 2})) == std::vector<float>(4, 3));
  const Tensor none = Tensor::zeros({2, 0, 3});
  CHECK(none.flatten().shape() == Shape{0});
  CHECK(none.reshape({0, 7}).shape() == Shape{0, 7});
  CHECK(none.permute({2, 1, 0}).reshape({-1, 6}).shape() == Shape{0, 6});
  CHECK(Tensor::zeros({1}).expand({0}).numel() == 0);
}

TEST_CASE("reshape views where it can and copies where it must") {
  const Tensor t = counted({2, 3, 4});
  struct Row {
    std::string_view name;
    Tensor from;
    Shape shape;
    bool view;
  };
  const std::vector<Row> rows{{"splits an axis of a transpose", t.transpose(0, 2), {2, 2, 3, 2}, true},
                              {"keeps a transpose", t.transpose(0, 2), {4, 1, 3, 2, 1}, true},
                              {"merges axes of a transpose", t.transpose(0, 2), {24}, false},
                              {"merges what lies densely", t.permute({2, 0, 1}), {4, 6}, true},
                              {"merges a narrow", t.narrow(1, 0, 2), {2, 8}, true},
                              {"merges across a narrow", t.narrow(1, 0, 2), {16}, false},
                              {"splits a slice by two", t.slice(2, 0, 4, 2), {2, 3, 2, 1}, true},
                              {"merges slices by two", t.slice(2, 0, 4, 2), {6, 2}, true},
                              {"flattens slices by two", t.slice(2, 0, 4, 2), {12}, true},
                              {"flattens what was expanded", t.select(0, 0).expand({2, 3, 4}), {24}, false},
                              {"splits what was expanded", t.select(0, 0).expand({2, 3, 4}), {2, 1, 6, 2}, true}};
  for (const auto& [name, from, shape, view] : rows) {
    const auto noted = note(name);
    const Tensor out = from.reshape(shape);
    CHECK(out.shape() == shape);
    CHECK(out.shares_memory_with(t) == view);
    CHECK(elements(out) == elements(from));
    CHECK(out.is_contiguous() == (out.strides() == contiguous_strides(shape)));
  }
}

TEST_CASE("writing to a view is seen by the whole") {
  Tensor t = Tensor::zeros({2, 3});
  t.transpose(0, 1).select(0, 1).fill(5);
  t.reshape({6}).slice(0, 0, 6, 5).fill(7);
  CHECK(elements(t) == std::vector<float>{7, 5, 0, 0, 5, 7});
}

TEST_CASE("bad arguments of views say what was wrong") {
  const Tensor t = Tensor::zeros({2, 3, 4});
  const Tensor one = Tensor::zeros({1});
  const std::int64_t huge = std::int64_t{1} << 32;
  struct Row {
    std::function<Tensor()> call;
    std::string_view message;
    bool index_error = false;
  };
  const std::vector<Row> rows{
      {[&] {
         return t.reshape({5, 5});
       },
       "reshape: a tensor of shape [2, 3, 4] has 24 elements, which do not fit shape [5, 5]"},
      {[&] {
         return t.reshape({-1, 5});
       },
       "[2, 3, 4] has 24 elements, which do not fit shape [-1, 5]"},
      {[&] {
         return t.reshape({-1, -1});
       },
       "[-1, -1] has more than one -1"},
      {[&] {
         return t.reshape({-2, -12});
       },
       "[-2, -12] has a negative size"},
      {[&] {
         return Tensor::zeros({0}).reshape({0, -1});
       },
       "[0] has 0 elements, which do not fit shape [0, -1]"},
      {[&] {
         return Tensor::zeros({0}).reshape({huge, huge});
       },
       "has more elements than can be counted"},
      {[&] { return t.flatten(2, 1); }, "flatten: axes 2 to 1 of shape [2, 3, 4] are no range"},
      {[&] { return t.flatten(0, 3); }, "flatten: axis 3", true},
      {[&] { return t.transpose(0, 3); }, "transpose: axis 3 is outside [-3, 3)", true},
      {[&] {
         return t.permute({0, 1});
       },
       "permute: shape [2, 3, 4] wants 3 axes, got [0, 1]"},
      {[&] {
         return t.permute({0, 1, -2});
       },
       "axis 1 occurs twice in [0, 1, -2]"},
      {[&] {
         return t.permute({0, 1, 3});
       },
       "permute: axis 3", true},
      {[&] { return t.narrow(1, 2, 2); }, "narrow: start 2 and length 2 reach outside axis 1 of shape [2, 3, 4]", true},
      {[&] { return t.narrow(1, -1, 1); }, "narrow: start -1", true},
      {[&] { return t.narrow(1, 0, -1); }, "length -1", true},
      {[&] { return t.narrow(1, highest, highest); }, "reach outside axis 1", true},
      {[&] { return t.slice(3, 0, 1); }, "slice: axis 3", true},
      {[&] { return t.select(1, 3); }, "select: index 3 is outside axis 1 of shape [2, 3, 4]", true},
      {[&] { return t.select(-1, -5); }, "select: index -5 is outside axis 2", true},
      {[&] { return Tensor::scalar(1).select(0, 0); }, "select: axis 0", true},
      {[&] {
         return t.expand({3, 4});
       },
       "expand: shape [2, 3, 4] has more axes than [3, 4]"},
      {[&] {
         return t.expand({2, 6, 4});
       },
       "[2, 3, 4] does not expand to [2, 6, 4]: axis 1 has 3, not 1"},
      {[&] {
         return t.expand({-1, 2, 3, 4});
       },
       "expand: shape [-1, 2, 3, 4] has a negative size, or -1 for a new axis"},
      {[&] { return one.expand({-2}); }, "expand: shape [-2] has a negative size"},
      {[&] {
         return one.expand({huge, huge});
       },
       "has more elements than can be counted"},
      {[&] { return t.squeeze(3); }, "squeeze: axis 3", true},
      {[&] { return t.unsqueeze(4); }, "unsqueeze: axis 4", true},
      {[&] { return Tensor::zeros(Dims::filled(8, 1)).unsqueeze(0); }, "at most 8 axes"},
      {[&] {
         return t.as_strided({2}, {1, 1});
       },
       "as_strided: shape [2] and strides [1, 1] differ in rank"},
      {[&] { return t.as_strided({-2}, {1}); }, "[-2] has a negative size"},
      {[&] { return t.as_strided({25}, {1}); },
       "shape [25], strides [1] and offset 0 reach outside the storage's 24 elements"},
      {[&] { return t.as_strided({2}, {24}); }, "reach outside"},
      {[&] { return t.as_strided({2}, {-1}); }, "reach outside"},
      {[&] { return t.as_strided({1}, {1}, -1); }, "reach outside"},
      {[&] { return t.as_strided({5}, {std::int64_t{1} << 62}); }, "reach outside"},
      {[&] {
         return t.as_strided({3, 3}, {highest, lowest});
       },
       "reach outside"},
      {[&] {
         return t.select(0, 1).as_strided({2, 12}, {12, 1}, 1);
       },
       "offset 1 reach outside"}};
  for (const auto& [call, message, index_error] : rows) {
    const auto noted = note(message);
    if (index_error)
      CHECK_THROWS_WITH_AS(static_cast<void>(call()), Contains(std::string(message).c_str()), IndexError);
    else CHECK_THROWS_WITH_AS(static_cast<void>(call()), Contains(std::string(message).c_str()), ShapeError);
  }
  CHECK_THROWS_WITH_AS(static_cast<void>(t.slice(0, 0, 2, 0)), Contains("step must be at least 1, got 0"), ValueError);
  CHECK(t.select(0, 1).as_strided({24}, {1}, -12).shape() == Shape{24});  // back over the view's own start
}

TEST_CASE("writing: overlapping sources are copied first, and expanded views refuse") {
  Tensor t = Tensor::arange(0, 6);
  t.narrow(0, 1, 5).copy_from(t.narrow(0, 0, 5));
  CHECK(t.at({1}) == 0);
  CHECK(t.at({5}) == 4);
  Tensor wide = Tensor::zeros({1, 3}).expand({4, 3});
  CHECK_THROWS_AS(wide.fill(1), ValueError);
  CHECK_THROWS_AS(wide.copy_from(Tensor::ones({4, 3})), ValueError);
}
