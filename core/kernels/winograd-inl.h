// The transforms of Winograd's minimal filtering F(2x2, 3x3) and F(4x4, 3x3), with the channels of a block in the
// lanes of a vector; docs/conv.md derives them. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_WINOGRAD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_WINOGRAD_INL_H
#undef REEL_CORE_KERNELS_WINOGRAD_INL_H
#else
#define REEL_CORE_KERNELS_WINOGRAD_INL_H
#endif

#include <reel/core/kernels/lanes-inl.h>
#include <reel/core/kernels/winograd_points.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// A number known when compiling, times v (plus sum).
HWY_INLINE Vec times(double c, Vec v) { return c == 1 ? v : hn::Mul(fill(static_cast<float>(c)), v); }
HWY_INLINE Vec add_times(double c, Vec v, Vec sum) {
  return c == 1 ? hn::Add(sum, v) : c == -1 ? hn::Sub(sum, v) : hn::MulAdd(fill(static_cast<float>(c)), v, sum);
}

/// The transforms of F(Side, 3): Side outputs of 3 taps by Side + 2 products, one for each point. The points a and -a
/// share their even and odd terms.
template <int Side>
struct Filter {
  static constexpr std::size_t pairs = Side / 2;
  static constexpr std::size_t last = Side + 1;
  static constexpr winograd::Coefficients<Side> by{};

  /// Bᵀ d of d [Side + 2]
  static HWY_INLINE void input(const Vec* d, Vec* to) {
    to[0] = d[Side];  // the leading coefficients are 1
    to[last] = d[last];
    for (std::size_t k = 0; k < pairs; ++k) {
      to[0] = add_times(by.all[k], d[2 * k], to[0]);
      to[last] = add_times(by.all[k], d[2 * k + 1], to[last]);
    }
    for (std::size_t p = 0; p < pairs; ++p) {
      Vec even = d[Side], odd = d[Side - 1];
      for (std::size_t k = 0; k + 1 < pairs; ++k) {
        even = add_times(by.others[p][k], d[2 * k + 2], even);
        odd = add_times(by.others[p][k], d[2 * k + 1], odd);
      }
      to[1 + 2 * p] = add_times(by.power[p][1], odd, even);
      to[2 + 2 * p] = add_times(-by.power[p][1], odd, even);
    }
  }

  /// G g of g [3]
  static HWY_INLINE void weight(const Vec* g, Vec* to) {
    to[0] = times(1 / by.all[0], g[0]);
    to[last] = g[2];
    for (std::size_t p = 0; p < pairs; ++p) {
      const Vec even = times(1 / by.divisor[p], add_times(by.power[p][2], g[2], g[0]));
      to[1 + 2 * p] = add_times(by.power[p][1] / by.divisor[p], g[1], even);
      to[2 + 2 * p] = add_times(-by.power[p][1] / by.divisor[p], g[1], even);
    }
  }

  /// Aᵀ m of m [Side + 2]
  static HWY_INLINE void output(const Vec* m, Vec* y) {
    Vec sum[2][pairs];  // even and odd
    for (std::size_t p = 0; p < pairs; ++p) {
      sum[0][p] = hn::Add(m[1 + 2 * p], m[2 + 2 * p]);
      sum[1][p] = hn::Sub(m[1 + 2 * p], m[2 + 2 * p]);
    }
    for (std::size_t i = 0; i < Side; ++i) {
      y[i] = times(by.power[0][i], sum[i % 2][0]);
      for (std::size_t p = 1; p < pairs; ++p) y[i] = add_times(by.power[p][i], sum[i % 2][p], y[i]);
    }
    y[0] = hn::Add(y[0], m[0]);
    y[Side - 1] = hn::Add(y[Side - 1], m[last]);
  }

  /// The adjoint of `output`: A dy of dy [Side]
  static HWY_INLINE void output_grad(const Vec* dy, Vec* to) {
    to[0] = dy[0];
    to[last] = dy[Side - 1];
    for (std::size_t p = 0; p < pairs; ++p) {
      Vec even = dy[0], odd = times(by.power[p][1], dy[1]);
      for (std::size_t i = 2; i < Side; i += 2) {
        even = add_times(by.power[p][i], dy[i], even);
        odd = add_times(by.power[p][i + 1], dy[i + 1], odd);
      }
      to[1 + 2 * p] = hn::Add(even, odd);
      to[2 + 2 * p] = hn::Sub(even, odd);
    }
  }

  /// The adjoint of `weight`: Gᵀ du of du [Side + 2]
  static HWY_INLINE void weight_grad(const Vec* du, Vec* to) {
    to[0] = times(1 / by.all[0], du[0]);
    to[1] = hn::Zero(Floats());
    to[2] = du[last];
    for (std::size_t p = 0; p < pairs; ++p) {
      const Vec even = times(1 / by.divisor[p], hn::Add(du[1 + 2 * p], du[2 + 2 * p]));
      to[0] = hn::Add(to[0], even);
      to[1] = add_times(by.power[p][1] / by.divisor[p], hn::Sub(du[1 + 2 * p], du[2 + 2 * p]), to[1]);
      to[2] = add_times(by.power[p][2], even, to[2]);
    }
  }
};

/// The matrix of a 1-D transform from the left and its transpose from the right: `get(i, j)` are the elements of an
/// In x In tile, `put(i, j, v)` takes those of the Out x Out result.
template <int In, int Out, void (*Transform)(const Vec*, Vec*), class Get, class Put>
HWY_INLINE void transform_tile(const Get& get, const Put& put) {
  Vec t[Out][In];
  for (int j = 0; j < In; ++j) {
    Vec column[In], out[Out];
    for (int i = 0; i < In; ++i) column[i] = get(i, j);
    Transform(column, out);
    for (int i = 0; i < Out; ++i) t[i][j] = out[i];
  }
  for (int i = 0; i < Out; ++i) {
    Vec row[Out];
    Transform(t[i], row);
    for (int j = 0; j < Out; ++j) put(i, j, row[j]);
  }
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
