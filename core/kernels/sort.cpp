#include <algorithm>
#include <bit>
#include <hwy/contrib/sort/vqsort.h>
#include <limits>
#include <reel/core/kernels/loops.h>
#include <reel/core/kernels/sort.h>
#include <type_traits>
#include <vector>

namespace reel {
namespace {

template <class T>
using Bits = std::conditional_t<sizeof(T) == 8, std::uint64_t, std::uint32_t>;

/// A number without a sign whose order is that of the values. -0 is 0, and every NaN is the largest.
template <class T>
Bits<T> order_of(T x) {
  constexpr Bits<T> sign = Bits<T>{1} << (8 * sizeof(Bits<T>) - 1);
  if constexpr (std::is_floating_point_v<T>) {
    if (x != x) return ~Bits<T>{0};
    const auto bits = std::bit_cast<Bits<T>>(x + T{0});
    return bits & sign ? ~bits : bits | sign;
  } else {
    return static_cast<Bits<T>>(x) ^ (std::is_signed_v<T> ? sign : 0);
  }
}

// A value's order and then its place, as one number. No two are equal, so whatever sorts them leaves equal values as
// they stand.
std::uint64_t pack(std::uint32_t order, std::int64_t place) {
  return std::uint64_t{order} << 32 | static_cast<std::uint64_t>(place);
}
hwy::uint128_t pack(std::uint64_t order, std::int64_t place) { return {static_cast<std::uint64_t>(place), order}; }
std::int64_t place_of(std::uint64_t packed) { return static_cast<std::int64_t>(packed & 0xFFFFFFFF); }
std::int64_t place_of(const hwy::uint128_t& packed) { return static_cast<std::int64_t>(packed.lo); }

/// Puts the first k of the numbers in order in front.
template <class Packed>
void order_first(std::vector<Packed>& numbers, std::int64_t k) {
  const auto begin = numbers.begin();
  if (k == 0) return;
  // A heap of k is rarely touched where k is small.
  if (k <= std::ssize(numbers) / 64) return std::partial_sort(begin, begin + k, numbers.end());
  if (k < std::ssize(numbers)) std::nth_element(begin, begin + k, numbers.end());
  if (k <= 64) std::sort(begin, begin + k);
  else hwy::Sorter()(numbers.data(), static_cast<std::size_t>(k), hwy::SortAscending());
}

/// The first k of every run of n along the last axis of row-major x.
template <class T>
void order_runs(const Tensor& x, bool descending, Sorted<Tensor>& out) {
  const std::int64_t n = x.size(-1);
  const std::int64_t k = out.values.size(-1);
  const T* from = x.data<T>();
  T* values = out.values.mutable_data<T>();
  auto* indices = out.indices.mutable_data<std::int64_t>();
  const Bits<T> flip = descending ? ~Bits<T>{0} : 0;
  const std::int64_t grain = std::max<std::int64_t>(1, kernels::loop_chunk / 8 / std::max<std::int64_t>(n, 1));
  parallel_for(k == 0 ? 0 : out.values.numel() / k, grain, [&](std::int64_t begin, std::int64_t end) {
    std::vector<decltype(pack(Bits<T>{}, 0))> numbers(static_cast<std::size_t>(n));
    for (std::int64_t row = begin; row < end; ++row) {
      const T* run = from + row * n;
      for (std::int64_t i = 0; i < n; ++i) numbers[static_cast<std::size_t>(i)] = pack(order_of(run[i]) ^ flip, i);
      order_first(numbers, k);
      for (std::int64_t i = 0; i < k; ++i) {
        const std::int64_t place = place_of(numbers[static_cast<std::size_t>(i)]);
        values[row * k + i] = run[place];
        indices[row * k + i] = place;
      }
    }
  });
}

/// The first k along axis `along`, in order.
Sorted<Tensor> first_in_order(std::string_view op, const Tensor& a, int along, std::int64_t k, bool descending) {
  require<ShapeError>(a.shape()[along] <= std::numeric_limits<std::uint32_t>::max(), op, "axis ", along, " of shape ",
                      a.shape(), " is longer than 2^32");
  const Tensor x = a.transpose(along, -1).contiguous();
  Shape shape = x.shape();
  shape[x.rank() - 1] = k;
  Sorted<Tensor> out{Tensor::empty(shape, a.dtype()), Tensor::empty(shape, int64)};
  visit_all(a.dtype(), [&]<class T>(T) { order_runs<T>(x, descending, out); });
  return {out.values.transpose(along, -1).contiguous(), out.indices.transpose(along, -1).contiguous()};
}

}  // namespace

Sorted<Tensor> sort(const Tensor& a, std::int64_t axis, bool descending) {
  require_defined("sort", a);
  const int along = normalize_axis("sort", axis, a.rank());
  return first_in_order("sort", a, along, a.shape()[along], descending);
}

Tensor argsort(const Tensor& a, std::int64_t axis, bool descending) { return sort(a, axis, descending).indices; }

Sorted<Tensor> topk(const Tensor& a, std::int64_t k, std::int64_t axis, bool largest) {
  require_defined("topk", a);
  const int along = normalize_axis("topk", axis, a.rank());
  require<ValueError>(k >= 0 && k <= a.shape()[along], "topk", "wants ", k, " of the ", a.shape()[along],
                      " values along axis ", along, " of shape ", a.shape());
  return first_in_order("topk", a, along, k, largest);
}

}  // namespace reel
