#include <doctest/doctest.h>

#include <limits>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/pool_windows.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/random.h>
#include <tests/sweep.h>

// Poolings of random shapes and options against loops that follow the definition.

using namespace reel;
using reel::testing::Dice;
using reel::testing::sweep_size;

namespace {

struct Config {
  Shape input;
  Pool2dOptions options;
  bool count_include_pad;
  Pair output_size;  // of adaptive pooling
};

std::ostream& operator<<(std::ostream& out, const Config& c) {
  return out << "input " << c.input << " kernel " << c.options.kernel_size << " stride " << c.options.stride
             << " padding " << c.options.padding << " dilation " << c.options.dilation << " ceil "
             << c.options.ceil_mode << " counted " << c.count_include_pad << " adaptive " << c.output_size;
}

class ConfigSource : private Dice {
 public:
  ConfigSource() : Dice(20261125) {}

  Config next() {
    while (true) {
      const bool is_wide = pick(0, 9) == 0;  // whole vectors, and what is left over
      const Pair kernel = is_wide ? pair(1, 20) : pair(1, 4);
      const Config c{{pick(0, 2), pick(1, 3), pick(1, 12), is_wide ? pick(16, 70) : pick(1, 12)},
                     {.kernel_size = kernel,
                      .stride = pick(0, 3) == 0 ? Pair(0) : pair(1, 4),
                      .padding = {pick(0, kernel.h / 2), pick(0, kernel.w / 2)},
                      .dilation = pick(0, 2) == 0 ? pair(1, 3) : Pair(1),
                      .ceil_mode = pick(0, 1) == 1},
                     pick(0, 1) == 1,
                     pair(1, 9)};
      if (fits(c)) return c;
    }
  }

 private:
  Pair pair(std::int64_t low, std::int64_t high) {
    const std::int64_t first = pick(low, high);
    return {first, pick(low, high)};
  }
  static bool fits(const Config& c) {
    try {
      static_cast<void>(kernels::pool2d_geometry("sweep", c.input, c.options));
      return true;
    } catch (const ShapeError&) {
      return false;
    }
  }
};

/// Positions of a window along an axis by PyTorch's rule, taken literally.
std::int64_t positions(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                       std::int64_t dilation, bool ceil_mode) {
  std::int64_t count = 0;
  const std::int64_t last = in + 2 * padding - dilation * (kernel - 1) - 1;  // where a window begins that just fits
  for (std::int64_t begin = 0; begin <= last; begin += stride) ++count;
  if (ceil_mode && (count - 1) * stride < last && count * stride < in + padding) ++count;
  return count;
}

/// The elements of `a` as double.
std::vector<double> values(const Tensor& a) {
  const Tensor dense = a.to(float64).contiguous();
  const auto span = dense.span<double>();
  return {span.begin(), span.end()};
}

/// One window of a plane: the pixels it holds, and how many places it has in the padded plane.
struct Window {
  std::vector<std::int64_t> pixels;
  std::int64_t padded = 0;
};

Window window_at(const Config& c, std::int64_t oh, std::int64_t ow) {
  const auto& o = c.options;
  const Pair stride = o.stride == Pair(0) ? o.kernel_size : o.stride;
  Window out;
  for (std::int64_t kh = 0; kh < o.kernel_size.h; ++kh) {
    for (std::int64_t kw = 0; kw < o.kernel_size.w; ++kw) {
      const std::int64_t h = oh * stride.h + kh * o.dilation.h - o.padding.h;
      const std::int64_t w = ow * stride.w + kw * o.dilation.w - o.padding.w;
      if (h < c.input[2] + o.padding.h && w < c.input[3] + o.padding.w) ++out.padded;
      if (h >= 0 && h < c.input[2] && w >= 0 && w < c.input[3]) out.pixels.push_back(h * c.input[3] + w);
    }
  }
  return out;
}

Window adaptive_window_at(const Config& c, std::int64_t oh, std::int64_t ow) {
  const auto covers = [](std::int64_t pixel, std::int64_t i, std::int64_t in, std::int64_t out) {
    return pixel * out < (i + 1) * in && (pixel + 1) * out > i * in;
  };
  Window out;
  for (std::int64_t h = 0; h < c.input[2]; ++h) {
    for (std::int64_t w = 0; w < c.input[3]; ++w) {
      if (covers(h, oh, c.input[2], c.output_size.h) && covers(w, ow, c.input[3], c.output_size.w)) {
        out.pixels.push_back(h * c.input[3] + w);
      }
    }
  }
  out.padded = std::ssize(out.pixels);
  return out;
}

/// What pooling gives by its definition: values, places and, of the gradients `gy`, adjoints.
struct Naive {
  std::vector<double> largest, mean, largest_adjoint, mean_adjoint;
  std::vector<std::int64_t> places;
};

template <class At>
Naive pool_naively(const Config& c, const Tensor& x, const Tensor& gy, const At& window_of, bool is_counted) {
  const auto pixels = values(x);
  const auto grads = values(gy);
  const std::int64_t area = c.input[2] * c.input[3];
  Naive out;
  out.largest_adjoint.resize(pixels.size());
  out.mean_adjoint.resize(pixels.size());
  for (std::int64_t i = 0; i < gy.numel(); ++i) {
    const std::int64_t plane = i / (gy.size(2) * gy.size(3)) * area;
    const Window window = window_of(c, i / gy.size(3) % gy.size(2), i % gy.size(3));
    std::int64_t best = window.pixels.front();
    double total = 0;
    const auto at = [&](std::int64_t pixel) { return static_cast<std::size_t>(plane + pixel); };
    for (const std::int64_t pixel : window.pixels) {
      total += pixels[at(pixel)];
      if (pixels[at(pixel)] > pixels[at(best)]) best = pixel;
    }
    const auto count = static_cast<double>(is_counted ? window.padded : std::ssize(window.pixels));
    const double grad = grads[static_cast<std::size_t>(i)];
    out.largest.push_back(pixels[at(best)]);
    out.places.push_back(best);
    out.mean.push_back(total / count);
    out.largest_adjoint[at(best)] += grad;
    for (const std::int64_t pixel : window.pixels) out.mean_adjoint[at(pixel)] += grad / count;
  }
  return out;
}

void check_close(std::string_view what, const Tensor& got, const std::vector<double>& expected) {
  CAPTURE(what);
  REQUIRE(got.numel() == std::ssize(expected));
  const auto numbers = values(got);
  const double unit = got.dtype() == float64 ? 1e-13 : 1e-5;
  double worst = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) worst = std::max(worst, std::abs(numbers[i] - expected[i]));
  REQUIRE(worst <= unit);
}

void check_places(const Tensor& got, const std::vector<std::int64_t>& expected) {
  REQUIRE(got.numel() == std::ssize(expected));
  REQUIRE(std::equal(expected.begin(), expected.end(), got.contiguous().span<std::int64_t>().begin()));
}

void check_config(const Config& c, DType dtype, Generator& generator) {
  const auto g = kernels::pool2d_geometry("sweep", c.input, c.options);
  const auto& [kernel, given_stride, padding, dilation, ceil_mode] = c.options;
  const Pair stride = given_stride == Pair(0) ? kernel : given_stride;
  REQUIRE(g.out_h == positions(c.input[2], kernel.h, stride.h, padding.h, dilation.h, ceil_mode));
  REQUIRE(g.out_w == positions(c.input[3], kernel.w, stride.w, padding.w, dilation.w, ceil_mode));

  // From few different numbers, so that there are ties.
  const Tensor x = randint(-9, 10, c.input, generator).to(dtype);
  const Tensor gy = normal({c.input[0], c.input[1], g.out_h, g.out_w}, 0, 1, dtype, generator);
  const Naive naive = pool_naively(c, x, gy, window_at, c.count_include_pad);
  check_close("max", kernels::max_pool2d(x, g), naive.largest);
  const auto [chosen, choice] = kernels::max_pool2d_choosing(x, g);
  check_close("max with choices", chosen, naive.largest);
  check_places(kernels::pixels_of_choice(choice, g), naive.places);
  check_close("max adjoint", kernels::spread_to_choice(gy, choice, g), naive.largest_adjoint);
  check_close("picked", kernels::pick_choice(x, choice, g), naive.largest);

  if (dilation == Pair(1)) {
    const auto windows = kernels::average_windows(
        "sweep", c.input, AvgPool2dOptions{kernel, given_stride, padding, ceil_mode, c.count_include_pad});
    check_close("mean", kernels::mean_of_windows(x, windows), naive.mean);
    check_close("mean adjoint", kernels::mean_of_windows_adjoint(gy, windows), naive.mean_adjoint);
  }
}

void check_adaptive(const Config& c, DType dtype, Generator& generator) {
  const Tensor x = randint(-9, 10, c.input, generator).to(dtype);
  const Tensor gy = normal({c.input[0], c.input[1], c.output_size.h, c.output_size.w}, 0, 1, dtype, generator);
  const auto windows = kernels::adaptive_windows("sweep", c.input, c.output_size);
  const Naive naive = pool_naively(c, x, gy, adaptive_window_at, true);
  check_close("adaptive mean", kernels::mean_of_windows(x, windows), naive.mean);
  check_close("adaptive mean adjoint", kernels::mean_of_windows_adjoint(gy, windows), naive.mean_adjoint);
  check_places(kernels::largest_of_windows(x, windows), naive.places);
}

}  // namespace

TEST_CASE("pooling sweep against the definition") {
  const int configs = sweep_size(500);
  ConfigSource source;
  Generator generator(3);
  for (int i = 0; i < configs; ++i) {
    const Config config = source.next();
    CAPTURE(config);
    const DType dtype = i % 2 == 0 ? float32 : float64;
    check_config(config, dtype, generator);
    check_adaptive(config, dtype, generator);
  }
}
