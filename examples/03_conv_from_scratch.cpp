// A convolution from scratch, forward and backward, in plain loops; then the same by Reel, compared and timed.
//
// The output is a sum of products y[i] += x[j] * w[k], over all (i, j, k) where tap k of window i falls on input j. So
// the very same triples give the gradients, dx[j] += dy[i] * w[k] and dw[k] += dy[i] * x[j]: one loop nest is enough.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <reel/reel.h>
#include <vector>

#include "no_options.h"

using namespace reel;

// N images, C channels in and O out, H x W pixels in and OH x OW out, KH x KW taps.
constexpr std::int64_t N = 8, C = 16, H = 33, W = 40, O = 24, KH = 3, KW = 5, stride = 2, padding = 2;
constexpr std::int64_t OH = (H + 2 * padding - KH) / stride + 1, OW = (W + 2 * padding - KW) / stride + 1;

/// Calls f(i, j, k) for every product: places in y [N, O, OH, OW], x [N, C, H, W] and w [O, C, KH, KW], all row-major.
void for_each_product(const auto& f) {
  for (std::int64_t n = 0; n < N; ++n)
    for (std::int64_t o = 0; o < O; ++o)
      for (std::int64_t oh = 0; oh < OH; ++oh)
        for (std::int64_t ow = 0; ow < OW; ++ow)
          for (std::int64_t c = 0; c < C; ++c)
            for (std::int64_t kh = 0; kh < KH; ++kh)
              for (std::int64_t kw = 0; kw < KW; ++kw) {
                const std::int64_t h = oh * stride + kh - padding, v = ow * stride + kw - padding;
                if (h < 0 || h >= H || v < 0 || v >= W) continue;  // the window reaches into the padding: zero
                f(((n * O + o) * OH + oh) * OW + ow, ((n * C + c) * H + h) * W + v, ((o * C + c) * KH + kh) * KW + kw);
              }
}

/// The output, and the gradients for input, weight and bias; and how long forward and backward took.
struct Result {
  std::array<Tensor, 4> tensors;
  std::array<double, 2> milliseconds;
};

double milliseconds_of(const auto& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
}

template <class T>
Result by_loops(const Tensor& x_in, const Tensor& w_in, const Tensor& b_in, const Tensor& dy_in) {
  const auto x = x_in.span<T>(), w = w_in.span<T>(), b = b_in.span<T>(), dy = dy_in.span<T>();
  std::vector<T> y(dy.size()), dx(x.size()), dw(w.size()), db(b.size());
  const auto channel = [](std::size_t i) { return i / (OH * OW) % O; };  // of output i
  const double forward_ms = milliseconds_of([&] {
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = b[channel(i)];
    for_each_product([&](auto i, auto j, auto k) { y[i] += x[j] * w[k]; });
  });
  const double backward_ms = milliseconds_of([&] {
    for (std::size_t i = 0; i < y.size(); ++i) db[channel(i)] += dy[i];
    for_each_product([&](auto i, auto j, auto k) { dx[j] += dy[i] * w[k]; });
    for_each_product([&](auto i, auto j, auto k) { dw[k] += dy[i] * x[j]; });
  });
  return {{Tensor::from<T>(y, dy_in.shape()), Tensor::from<T>(dx, x_in.shape()), Tensor::from<T>(dw, w_in.shape()),
           Tensor::from<T>(db, b_in.shape())},
          {forward_ms, backward_ms}};
}

Result by_reel(const Tensor& x_in, const Tensor& w_in, const Tensor& b_in, const Tensor& dy) {
  const Variable x = Variable::leaf(x_in), w = Variable::leaf(w_in), b = Variable::leaf(b_in);
  Tape tape;
  Variable y;
  const double forward_ms = milliseconds_of([&] { y = conv2d(x, w, b, {.stride = stride, .padding = padding}); });
  const double backward_ms = milliseconds_of([&] { tape.backward(y, {.gradient = dy}); });
  return {{y.value(), x.grad(), w.grad(), b.grad()}, {forward_ms, backward_ms}};
}

/// Runs `f` five times: the last result, with the medians of the times.
Result median_of_five(const auto& f) {
  std::array<Result, 5> runs;
  std::generate(runs.begin(), runs.end(), f);
  Result result = runs.back();
  for (std::size_t pass : {0, 1}) {
    std::ranges::nth_element(runs, runs.begin() + 2, {}, [pass](const Result& r) { return r.milliseconds[pass]; });
    result.milliseconds[pass] = runs[2].milliseconds[pass];
  }
  return result;
}

template <class T>
bool compare(double tolerance) {
  const DType type = dtype_of<T>();
  const Tensor x = normal({N, C, H, W}, 0, 1, type), w = normal({O, C, KH, KW}, 0, 1, type);
  const Tensor bias = normal({O}, 0, 1, type), dy = normal({N, O, OH, OW}, 0, 1, type);
  const Result loops = median_of_five([&] { return by_loops<T>(x, w, bias, dy); });
  const Result reel = median_of_five([&] { return by_reel(x, w, bias, dy); });
  std::cout << type << ", largest difference as a fraction of the largest value (allowed: " << tolerance << ")\n";
  bool fits = true;
  for (std::size_t i = 0; const char* name : {"output", "input gradient", "weight gradient", "bias gradient"}) {
    const Tensor &a = loops.tensors[i], &b = reel.tensors[i++];
    const double off = max(abs(a - b)).item() / max(abs(a)).item();
    fits = fits && off <= tolerance;  // false for a NaN, too
    std::printf("  %-16s %.1e\n", name, off);
  }
  for (std::size_t i = 0; const char* pass : {"forward", "backward"}) {
    const double slow = loops.milliseconds[i], fast = reel.milliseconds[i++];
    std::printf("  %-9s loops %7.2f ms, Reel %6.2f ms: %.1f times as fast\n", pass, slow, fast, slow / fast);
  }
  return fits;
}

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "A convolution in plain loops, and by Reel."))
    return *code;
  try {
    std::cout << "x " << Shape{N, C, H, W} << ", w " << Shape{O, C, KH, KW} << ", stride " << stride << ", padding "
              << padding << "; Reel with " << num_threads() << " threads, the loops with one\n";
    const bool fits[] = {compare<float>(1e-5), compare<double>(1e-13)};
    return fits[0] && fits[1] ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "conv_from_scratch: " << error.what() << '\n';
    return 1;
  }
}
