// What the vector kernels of float32 are made of. This file is read once for each instruction set (AVX-512, AVX2,
// NEON, ...), by Highway's rules: a source file that includes it includes <hwy/foreach_target.h> first, and the best
// version is picked when the program runs.
#if defined(REEL_CORE_KERNELS_LANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_LANES_INL_H
#undef REEL_CORE_KERNELS_LANES_INL_H
#else
#define REEL_CORE_KERNELS_LANES_INL_H
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Vec = hn::Vec<Floats>;

constexpr std::int64_t lanes = hn::MaxLanes(Floats());
/// The registers hold a tile of `tile_rows` x (2 * lanes) sums, with room for the operands.
constexpr int tile_rows = lanes == 16 ? 8 : lanes == 8 ? 6 : 4;
/// The same for dot products: `dot_rows` of one operand with `dot_columns` of the other.
constexpr int dot_rows = lanes == 16 ? 4 : 2;
constexpr int dot_columns = lanes == 16 ? 5 : 4;

constexpr std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }
constexpr std::int64_t round_up(std::int64_t a, std::int64_t b) { return ceil_div(a, b) * b; }

HWY_INLINE Vec load(const float* from) { return hn::LoadU(Floats(), from); }
HWY_INLINE void store(Vec v, float* to) { hn::StoreU(v, Floats(), to); }
HWY_INLINE Vec fill(float x) { return hn::Set(Floats(), x); }
/// The first `count` lanes alone, of which there may be all; the others hold `rest`.
HWY_INLINE Vec load_some(const float* from, std::int64_t count, float rest = 0) {
  if (count == lanes) return load(from);
  HWY_ALIGN float all[lanes];
  std::fill(std::copy_n(from, count, all), all + lanes, rest);
  return load(all);
}
HWY_INLINE void store_some(Vec v, float* to, std::int64_t count) {
  if (count == lanes) return store(v, to);
  HWY_ALIGN float all[lanes];
  store(v, all);
  std::copy_n(all, count, to);
}
/// The larger, where a comes before b: the first of equals, and a NaN before all.
template <class V>
HWY_INLINE V larger(V a, V b) {
  return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
}
/// max(v, 0), and a NaN stays one.
HWY_INLINE Vec relu(Vec v) { return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(Floats())), v); }

#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void transpose(Vec*) {}
#else
/// Rows a, b, c, d -> within each block of four lanes, its columns.
HWY_INLINE void transpose_blocks(Vec& a, Vec& b, Vec& c, Vec& d) {
  const hn::Repartition<double, Floats> pairs;
  const Floats f;
  const auto ab_low = hn::BitCast(pairs, hn::InterleaveLower(f, a, b));
  const auto ab_high = hn::BitCast(pairs, hn::InterleaveUpper(f, a, b));
  const auto cd_low = hn::BitCast(pairs, hn::InterleaveLower(f, c, d));
  const auto cd_high = hn::BitCast(pairs, hn::InterleaveUpper(f, c, d));
  a = hn::BitCast(f, hn::InterleaveLower(pairs, ab_low, cd_low));
  b = hn::BitCast(f, hn::InterleaveUpper(pairs, ab_low, cd_low));
  c = hn::BitCast(f, hn::InterleaveLower(pairs, ab_high, cd_high));
  d = hn::BitCast(f, hn::InterleaveUpper(pairs, ab_high, cd_high));
}

/// v[i][j] -> v[j][i] for `lanes` x `lanes` numbers.
HWY_INLINE void transpose(Vec* v) {
  const Floats f;
  for (std::int64_t i = 0; i < lanes; i += 4) transpose_blocks(v[i], v[i + 1], v[i + 2], v[i + 3]);
  if constexpr (lanes == 8) {
    for (int i = 0; i < 4; ++i) {
      const Vec low = v[i];
      v[i] = hn::ConcatLowerLower(f, v[i + 4], low);
      v[i + 4] = hn::ConcatUpperUpper(f, v[i + 4], low);
    }
  } else if constexpr (lanes == 16) {
    // Now block b of v[4 g + i] belongs at block g of v[4 b + i].
    for (int i = 0; i < 4; ++i) {
      const Vec x0 = hn::ConcatLowerLower(f, v[8 + i], v[i]);       // blocks 0 and 1 of groups 0, 2
      const Vec x1 = hn::ConcatLowerLower(f, v[12 + i], v[4 + i]);  // of groups 1, 3
      const Vec x2 = hn::ConcatUpperUpper(f, v[8 + i], v[i]);       // blocks 2 and 3
      const Vec x3 = hn::ConcatUpperUpper(f, v[12 + i], v[4 + i]);
      v[i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(x1), x0);
      v[4 + i] = hn::OddEvenBlocks(x1, hn::SwapAdjacentBlocks(x0));
      v[8 + i] = hn::OddEvenBlocks(hn::SwapAdjacentBlocks(x3), x2);
      v[12 + i] = hn::OddEvenBlocks(x3, hn::SwapAdjacentBlocks(x2));
    }
  }
}

#endif

/// Calls `f(d, i)` for vectors of numbers from i on, described by d, until `count` are done. Short runs take shorter
/// vectors, and the last one goes back over some that are done.
template <class F>
HWY_INLINE void for_each_vector(std::int64_t count, const F& f) {
  const auto run = [&](auto d) HWY_ATTR {
    const auto n = static_cast<std::int64_t>(hn::Lanes(d));
    for (std::int64_t i = 0; i < count; i += n) f(d, std::min(i, count - n));
  };
  if (count >= lanes) return run(Floats());
  if (count >= 8) return run(hn::CappedTag<float, 8>());
  if (count >= 4) return run(hn::CappedTag<float, 4>());
  if (count >= 2) return run(hn::CappedTag<float, 2>());
  run(hn::CappedTag<float, 1>());
}

/// Calls `put(i, v)` for i < n, where lane k of v is from[k * stride + i] for k < count, and 0 for the lanes above.
template <class Put>
HWY_INLINE void gather_columns(const float* from, std::int64_t stride, std::int64_t count, std::int64_t n,
                               const Put& put) {
  Vec v[lanes];
  std::int64_t i = 0;
  while (i < n && n >= lanes) {
    const std::int64_t at = std::min(i, n - lanes);  // the last step goes back, over some that are done
    for (std::int64_t k = 0; k < lanes; ++k) v[k] = k < count ? load(from + k * stride + at) : hn::Zero(Floats());
    transpose(v);
    for (std::int64_t k = 0; k < lanes; ++k) put(at + k, v[k]);
    i = at + lanes;
  }
  HWY_ALIGN float column[lanes] = {};
  for (; i < n; ++i) {
    for (std::int64_t k = 0; k < count; ++k) column[k] = from[k * stride + i];
    put(i, load(column));
  }
}

/// The way back: to[k * stride + i] = lane k of get(i), for i < n and k < count.
template <class Get>
HWY_INLINE void scatter_columns(const Get& get, float* to, std::int64_t stride, std::int64_t count, std::int64_t n) {
  Vec v[lanes];
  std::int64_t i = 0;
  while (i < n && n >= lanes) {
    const std::int64_t at = std::min(i, n - lanes);
    for (std::int64_t k = 0; k < lanes; ++k) v[k] = get(at + k);
    transpose(v);
    for (std::int64_t k = 0; k < count; ++k) store(v[k], to + k * stride + at);
    i = at + lanes;
  }
  HWY_ALIGN float column[lanes];
  for (; i < n; ++i) {
    store(get(i), column);
    for (std::int64_t k = 0; k < count; ++k) to[k * stride + i] = column[k];
  }
}

/// Rows of `lanes` numbers, one after the other, and where the next block of as many columns begins.
struct Rows {
  float* data;  // of an operand, only read
  std::int64_t next_block;
};

/// sum[v][i] += sum over k < n of a(i)[at(k)] * block v of b(k), for i < Count and one or two blocks of `lanes`
/// columns: what all products of matrices and all convolutions come down to. `a` gives a pointer to row i, `at` the
/// place of term k in such a row, `b` a pointer to row k.
template <int Count, int Blocks, class A, class At, class B>
HWY_INLINE void add_terms(Vec (&sum)[Blocks][Count], const A& a, const At& at, const B& b, std::int64_t b_next_block,
                          std::int64_t n) {
  for (std::int64_t k = 0; k < n; ++k) {
    const float* from = b(k);
    const std::int64_t place = at(k);
    const Vec first = load(from);
    const Vec second = load(Blocks == 2 ? from + b_next_block : from);
    HWY_UNROLL(8)
    for (int i = 0; i < Count; ++i) {
      const Vec factor = fill(a(i)[place]);
      sum[0][i] = hn::MulAdd(factor, first, sum[0][i]);
      if constexpr (Blocks == 2) sum[1][i] = hn::MulAdd(factor, second, sum[1][i]);
    }
  }
}

/// c[i] = the same sums, or c[i] += them, where c[i] is one or two blocks of columns. The n terms are summed before c
/// is added: sums of sums round less than one long sum.
template <int Count, int Blocks, class A, class At, class B>
HWY_INLINE void multiply_rows(const A& a, const At& at, const B& b, std::int64_t b_next_block, std::int64_t n, float* c,
                              std::int64_t c_stride, std::int64_t c_next_block, bool accumulate) {
  Vec sum[Blocks][Count];
  HWY_UNROLL(8)
  for (int i = 0; i < Count; ++i) {
    HWY_UNROLL(2)
    for (int v = 0; v < Blocks; ++v) sum[v][i] = hn::Zero(Floats());
  }
  add_terms(sum, a, at, b, b_next_block, n);
  if (accumulate) {
    HWY_UNROLL(8)
    for (int i = 0; i < Count; ++i) {
      HWY_UNROLL(2)
      for (int v = 0; v < Blocks; ++v) sum[v][i] = hn::Add(load(c + i * c_stride + v * c_next_block), sum[v][i]);
    }
  }
  HWY_UNROLL(8)
  for (int i = 0; i < Count; ++i) {
    HWY_UNROLL(2)
    for (int v = 0; v < Blocks; ++v) store(sum[v][i], c + i * c_stride + v * c_next_block);
  }
}

/// Calls `f` with `count` <= tile_rows as its template argument.
template <class F>
HWY_INLINE void with_rows(std::int64_t count, const F& f) {
  const auto call = [&]<int Count>() HWY_ATTR {
    if constexpr (Count <= tile_rows) f.template operator()<Count>();
  };
  switch (count) {
    case 8: return call.template operator()<8>();
    case 7: return call.template operator()<7>();
    case 6: return call.template operator()<6>();
    case 5: return call.template operator()<5>();
    case 4: return call.template operator()<4>();
    case 3: return call.template operator()<3>();
    case 2: return call.template operator()<2>();
    case 1: return call.template operator()<1>();
    default: return;
  }
}

/// multiply_rows for `count` <= tile_rows rows.
template <int Blocks, class A, class At, class B>
HWY_INLINE void multiply_some(std::int64_t count, const A& a, const At& at, const B& b, std::int64_t b_next_block,
                              std::int64_t n, float* c, std::int64_t c_stride, std::int64_t c_next_block,
                              bool accumulate = false) {
  with_rows(count, [&]<int Count>() HWY_ATTR {
    multiply_rows<Count, Blocks>(a, at, b, b_next_block, n, c, c_stride, c_next_block, accumulate);
  });
}

/// Calls `f(begin, count)` for runs of at most `most` of n rows, which are as long as each other where possible.
template <class F>
HWY_INLINE void for_each_tile(std::int64_t n, std::int64_t most, const F& f) {
  const std::int64_t tiles = ceil_div(n, most);
  for (std::int64_t i = 0; i < tiles; ++i) f(i * n / tiles, (i + 1) * n / tiles - i * n / tiles);
}

/// A matrix of which element (i, k) lies at data[i * row + k * column].
struct Grid {
  const float* data;
  std::int64_t row, column;
};

/// c (m, columns) = or += a (m, n) x b (n, columns), of one or two blocks of columns.
HWY_INLINE void multiply(Grid a, std::int64_t m, Rows b, std::int64_t n, Rows c, bool two_blocks, bool accumulate) {
  const auto at = [&](std::int64_t k) HWY_ATTR { return k * a.column; };
  const auto b_row = [&](std::int64_t k) HWY_ATTR { return b.data + k * lanes; };
  for_each_tile(m, tile_rows, [&](std::int64_t i, std::int64_t some) HWY_ATTR {
    const float* from = a.data + i * a.row;
    const auto row = [&](std::int64_t k) HWY_ATTR { return from + k * a.row; };
    float* to = c.data + i * lanes;
    if (two_blocks) multiply_some<2>(some, row, at, b_row, b.next_block, n, to, lanes, c.next_block, accumulate);
    else multiply_some<1>(some, row, at, b_row, b.next_block, n, to, lanes, c.next_block, accumulate);
  });
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
