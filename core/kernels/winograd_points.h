#pragma once

#include <array>
#include <cstddef>

/// The numbers in the transforms of Winograd's F(Side, 3), Side outputs of 3 taps; docs/conv.md derives them.
namespace reel::kernels::winograd {

/// Where the polynomials behind F(Side, 3) are multiplied: 0, plus and minus each of these, and infinity. Sums and
/// products of their squares are exact in float32. Of the points tried for 4 these round least.
template <int Side>
inline constexpr std::array<double, Side / 2> points{};
template <>
inline constexpr std::array<double, 1> points<2>{1};
template <>
inline constexpr std::array<double, 2> points<4>{0.625, 1.5};

/// What the transforms multiply by; p counts the pairs ±a of points.
template <int Side>
struct Coefficients {
  static constexpr std::size_t pairs = Side / 2;
  using Even = std::array<double, pairs + 1>;  // a polynomial in t², from the constant on

  std::array<std::array<double, Side + 1>, pairs> power{};  // aⁱ
  Even all{};                                               // the product of t² - a² over the pairs
  std::array<Even, pairs> others{};                         // the same without pair p
  std::array<double, pairs> divisor{};                      // of row p of G: 2 a² others(a)

  constexpr Coefficients() {
    all = product(pairs);
    for (std::size_t p = 0; p < pairs; ++p) {
      others[p] = product(p);
      double term = 2;
      for (std::size_t i = 0; i <= Side; ++i) power[p][i] = i == 0 ? 1 : power[p][i - 1] * points<Side>[p];
      for (std::size_t k = 0; k < pairs; ++k) divisor[p] += others[p][k] * (term *= points<Side>[p] * points<Side>[p]);
    }
  }

 private:
  static constexpr Even product(std::size_t skipped) {
    Even c{1};
    for (std::size_t p = 0; p < pairs; ++p) {
      if (p == skipped) continue;
      const double square = points<Side>[p] * points<Side>[p];
      for (std::size_t k = pairs; k > 0; --k) c[k] = c[k - 1] - square * c[k];
      c[0] *= -square;
    }
    return c;
  }
};

}  // namespace reel::kernels::winograd
