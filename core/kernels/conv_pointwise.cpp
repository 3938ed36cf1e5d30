#include <reel/core/kernels/conv_pointwise.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_pointwise.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/epilogue-inl.h>
#include <reel/core/kernels/planes-inl.h>

// Letters: P pixels of an image, M channels out and K channels in, of the forward pass or of the input gradient:
//
//   forward      y  = w x     (O, C) x (C, P) -> (O, P)
//   input grad   dx = wᵀ dy   (C, O) x (O, P) -> (C, P)
//   weight grad  dw = dy xᵀ   (O, P) x (P, C) -> (O, C)

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t width = 2 * lanes;       // pixels of a panel
constexpr std::int64_t task_work = 1 << 19;     // multiply-adds that make a task worth handing to a thread
constexpr std::int64_t group_floats = 1 << 15;  // of panels that are worked on together: 128 KiB
constexpr std::int64_t most_tasks = 16;         // that a single image is cut into

/// The pixels of all images, one after the other.
struct Pixels {
  std::int64_t images, area;

  [[nodiscard]] std::int64_t count() const { return images * area; }
  /// Where a pixel lies in the first of the planes of its image, of which there are `channels`.
  [[nodiscard]] std::int64_t place(std::int64_t pixel, std::int64_t channels) const {
    return pixel / area * channels * area + pixel % area;
  }
  /// Whether `count` pixels from `first` on fill a panel and lie side by side.
  [[nodiscard]] bool is_whole(std::int64_t first, std::int64_t count) const {
    return count == width && first % area + width <= area;
  }
  /// Calls `run(at, pixel, n)` for the runs within one image among `count` pixels from `first` on: n pixels from
  /// `pixel` on, which is first + at.
  template <class Run>
  void each_run(std::int64_t first, std::int64_t count, const Run& run) const {
    for (std::int64_t at = 0; at < count;) {
      const std::int64_t pixel = first + at;
      const std::int64_t n = std::min(count - at, area - pixel % area);
      run(at, pixel, n);
      at += n;
    }
  }
};

/// A product for each image, y (M, P) = a (M, K) x (K, P), with `a` laid out [block of M][K][lane].
struct Product {
  const float* a;
  std::int64_t m, k;
  Pixels pixels;
  const float* x;
  float* y;
  ChannelEnds ends;
};

/// n <= width pixels from `first` on -> panel [K][width]
void pack_panel(const Product& p, std::int64_t first, std::int64_t n, float* to) {
  const Pixels& pixels = p.pixels;
  if (pixels.is_whole(first, n)) {
    const float* from = p.x + pixels.place(first, p.k);
    for (std::int64_t k = 0; k < p.k; ++k, from += pixels.area, to += width) {
      store(load(from), to);
      store(load(from + lanes), to + lanes);
    }
    return;
  }
  std::fill_n(to, p.k * width, 0.0F);
  pixels.each_run(first, n, [&](std::int64_t at, std::int64_t pixel, std::int64_t count) {
    const float* from = p.x + pixels.place(pixel, p.k);
    for (std::int64_t k = 0; k < p.k; ++k) std::copy_n(from + k * pixels.area, count, to + k * width + at);
  });
}

/// What to bring into the second-level cache meanwhile: one line of memory for each k, `row` apart.
struct Ahead {
  const float* line;
  std::int64_t row;
};

/// y (Rows, width) = a (Rows, K) x panel (K, width), through the ends of these channels. Not inlined: the registers
/// hold the sums and all pointers, and nothing besides.
template <int Rows, int Blocks>
HWY_NOINLINE void multiply_panel(const float* a, const float* panel, std::int64_t depth, Ahead ahead,
                                 const ChannelEnds& ends, float* y, std::int64_t y_row) {
  const auto panel_row = [&](std::int64_t k) HWY_ATTR {
    __builtin_prefetch(ahead.line, 0, 2);
    ahead.line += ahead.row;
    return panel + k * width;
  };
  multiply_through<Rows, Blocks>([a](int i) HWY_ATTR { return a + i; },
                                 [](std::int64_t k) HWY_ATTR { return k * lanes; }, panel_row, depth, ends, y, y_row);
}

/// The first two tiles of channels each bring a vector of every row of the panel that begins at pixel `next`.
Ahead ahead_of(const Product& p, std::int64_t m, std::int64_t next, const float* panel) {
  if (m >= 2 * tile_rows || next + width > p.pixels.count()) return {panel, 0};
  return {p.x + p.pixels.place(next, p.k) + (m < tile_rows ? 0 : lanes), p.pixels.area};
}

/// Some pixels as a panel.
struct Panel {
  const float* data;
  std::int64_t first, count;
};

/// Channels [m, m + rows) of a panel's pixels. Where these are no whole panel of one image, they go by way of `spare`.
void multiply_rows_of(const Product& p, std::int64_t m, std::int64_t rows, const Panel& panel, std::int64_t next) {
  const Pixels& pixels = p.pixels;
  const float* a = p.a + (m / lanes * p.k * lanes + m % lanes);
  const Ahead ahead = ahead_of(p, m, next, panel.data);
  HWY_ALIGN float spare[tile_rows * width];
  const bool is_whole = pixels.is_whole(panel.first, panel.count);
  float* y = is_whole ? p.y + pixels.place(panel.first, p.m) + m * pixels.area : spare;
  const std::int64_t y_row = is_whole ? pixels.area : width;
  with_rows(rows, [&]<int Rows>() HWY_ATTR {
    const auto multiply_tile = panel.count > lanes ? multiply_panel<Rows, 2> : multiply_panel<Rows, 1>;
    multiply_tile(a, panel.data, p.k, ahead, p.ends.from(m), y, y_row);
  });
  if (is_whole) return;
  pixels.each_run(panel.first, panel.count, [&](std::int64_t at, std::int64_t pixel, std::int64_t n) {
    float* to = p.y + pixels.place(pixel, p.m) + m * pixels.area;
    for (std::int64_t i = 0; i < rows; ++i) std::copy_n(spare + i * width + at, n, to + i * pixels.area);
  });
}

/// A run of panels, and of blocks of channels out.
struct Piece {
  std::int64_t first_panel, last_panel, first_block, last_block;
};

/// Each tile of `a` meets all panels while it is in the first-level cache, and the panels stay in the second-level one.
void multiply_piece(const Product& p, const Piece& piece, float* panels) {
  const auto each_panel = [&](const auto& f) HWY_ATTR {
    for (std::int64_t i = piece.first_panel; i < piece.last_panel; ++i) {
      f(panels + (i - piece.first_panel) * p.k * width, i * width, std::min(width, p.pixels.count() - i * width));
    }
  };
  each_panel([&](float* panel, std::int64_t first, std::int64_t n) HWY_ATTR { pack_panel(p, first, n, panel); });
  const std::int64_t step = (piece.last_panel - piece.first_panel) * width;
  for (std::int64_t b = piece.first_block; b < piece.last_block; ++b) {
    for_each_tile(std::min(lanes, p.m - b * lanes), tile_rows, [&](std::int64_t i, std::int64_t rows) HWY_ATTR {
      each_panel([&](const float* panel, std::int64_t first, std::int64_t n) HWY_ATTR {
        multiply_rows_of(p, b * lanes + i, rows, {panel, first, n}, first + step);
      });
    });
  }
}

void multiply_images(const Product& p) {
  const std::int64_t blocks = ceil_div(p.m, lanes);
  const std::int64_t panels = ceil_div(p.pixels.count(), width);
  const std::int64_t together = std::clamp<std::int64_t>(group_floats / (p.k * width), 1, panels);
  const std::int64_t groups = ceil_div(panels, together);
  const std::int64_t chunks = std::clamp<std::int64_t>(most_tasks / groups, 1, blocks);
  const std::int64_t work = ceil_div(together * width * p.k * p.m, chunks);
  // A thread that goes on to the next group finds it in its cache.
  const std::int64_t grain = std::max(ceil_div(task_work, work), groups * chunks / 64);
  parallel_for(groups * chunks, grain, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    Scratch<float> packed(together * p.k * width);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t group = i / chunks;
      const std::int64_t chunk = i % chunks;
      multiply_piece(p,
                     {group * panels / groups, (group + 1) * panels / groups, chunk * blocks / chunks,
                      (chunk + 1) * blocks / chunks},
                     packed.data());
    }
  });
}

void Forward(const float* x, const float* w, const ChannelEnds& ends, float* y, const Conv2dGeometry& g) {
  const std::int64_t c = g.in_channels;
  Scratch<float> packed(round_up(g.out_channels, lanes) * c);
  float* a = packed.data();
  parallel_for(ceil_div(g.out_channels, lanes), ceil_div(1 << 11, c),
               [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
                 for (std::int64_t b = begin; b < end; ++b) {
                   gather_columns(w + b * lanes * c, c, std::min(lanes, g.out_channels - b * lanes), c,
                                  [&](std::int64_t k, Vec v) HWY_ATTR { store(v, a + (b * c + k) * lanes); });
                 }
               });
  multiply_images({a, g.out_channels, c, {g.batch, g.in_h * g.in_w}, x, y, ends});
}

void InputGrad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  const std::int64_t c = g.in_channels;
  const std::int64_t o = g.out_channels;
  Scratch<float> packed(round_up(c, lanes) * o);
  float* a = packed.data();
  parallel_for(ceil_div(c, lanes), ceil_div(1 << 11, o), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t b = begin; b < end; ++b) {
      const std::int64_t count = std::min(lanes, c - b * lanes);
      for (std::int64_t k = 0; k < o; ++k) std::copy_n(w + k * c + b * lanes, count, a + (b * o + k) * lanes);
    }
  });
  multiply_images({a, c, o, {g.batch, g.in_h * g.in_w}, grad, dx, plain_ends});
}

/// The weight gradient as sums[block of `by_lane` channels][channel of `by_row`][lane]. Of the two operands the one of
/// fewer channels is transposed, [pixel][lane]; the other is read where it lies.
struct GradProduct {
  const float* by_lane;
  const float* by_row;
  std::int64_t lane_channels, row_channels, area, run;  // `run` pixels of an image are a unit of work

  [[nodiscard]] std::int64_t runs() const { return ceil_div(area, run); }
  [[nodiscard]] std::int64_t blocks() const { return ceil_div(lane_channels, lanes); }
};

/// For the units [begin, end) and the blocks [first, last).
void add_units(const GradProduct& p, std::int64_t begin, std::int64_t end, std::int64_t first, std::int64_t last,
               float* transposed, float* sums) {
  for (std::int64_t unit = begin; unit < end; ++unit) {
    const std::int64_t image = unit / p.runs();
    const std::int64_t pixel = unit % p.runs() * p.area / p.runs();
    const std::int64_t n = (unit % p.runs() + 1) * p.area / p.runs() - pixel;
    for (std::int64_t b = first; b < last; ++b) {
      float* to = transposed + (b - first) * n * lanes;
      gather_columns(p.by_lane + (image * p.lane_channels + b * lanes) * p.area + pixel, p.area,
                     std::min(lanes, p.lane_channels - b * lanes), n,
                     [&](std::int64_t i, Vec v) HWY_ATTR { store(v, to + i * lanes); });
    }
    const Grid rows{p.by_row + image * p.row_channels * p.area + pixel, p.area, 1};
    for (std::int64_t b = first; b < last; b += 2) {  // (rows, pixels) x (pixels, lanes) -> (rows, lanes)
      multiply(rows, p.row_channels, {transposed + (b - first) * n * lanes, n * lanes}, n,
               {sums + (b - first) * p.row_channels * lanes, p.row_channels * lanes}, b + 1 < last, true);
    }
  }
}

/// dw[o][c] = the sum of all parts, whose lanes are input channels.
void add_parts_by_input(const float* partial, std::int64_t parts, const Conv2dGeometry& g, float* dw) {
  const std::int64_t blocks = ceil_div(g.in_channels, lanes);
  const std::int64_t part_size = blocks * g.out_channels * lanes;
  parallel_for(g.out_channels, ceil_div(1 << 14, parts * g.in_channels),
               [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
                 HWY_ALIGN float total[lanes];
                 for (std::int64_t o = begin; o < end; ++o) {
                   for (std::int64_t b = 0; b < blocks; ++b) {
                     const float* from = partial + (b * g.out_channels + o) * lanes;
                     Vec sum = load(from);
                     for (std::int64_t part = 1; part < parts; ++part)
                       sum = hn::Add(sum, load(from + part * part_size));
                     store(sum, total);
                     std::copy_n(total, std::min(lanes, g.in_channels - b * lanes), dw + o * g.in_channels + b * lanes);
                   }
                 }
               });
}

void WeightGrad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  const bool by_input = g.in_channels < g.out_channels;
  const std::int64_t area = g.in_h * g.in_w;
  const GradProduct p{by_input ? x : grad,
                      by_input ? grad : x,
                      std::min(g.in_channels, g.out_channels),
                      std::max(g.in_channels, g.out_channels),
                      area,
                      std::min<std::int64_t>(area, 208)};
  const std::int64_t block = p.row_channels * lanes;
  const std::int64_t units = g.batch * p.runs();
  const std::int64_t pairs = ceil_div(p.blocks(), 2);
  const std::int64_t useful = ceil_div(g.batch * area * g.in_channels * g.out_channels, task_work);
  const std::int64_t tasks = std::min(most_tasks, useful);
  const std::int64_t least = ceil_div(p.blocks() * lanes, 256);
  const std::int64_t parts = std::clamp<std::int64_t>(tasks / least, 1, units);
  const std::int64_t chunks = std::clamp<std::int64_t>(tasks / parts, 1, pairs);
  Scratch<float> partial(parts * p.blocks() * block);
  parallel_for(parts * chunks, 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    Scratch<float> transposed(ceil_div(pairs, chunks) * 2 * p.run * lanes);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t part = i / chunks;
      const std::int64_t chunk = i % chunks;
      const std::int64_t first = chunk * pairs / chunks * 2;
      const std::int64_t last = std::min((chunk + 1) * pairs / chunks * 2, p.blocks());
      float* sums = partial.data() + (part * p.blocks() + first) * block;
      std::fill_n(sums, (last - first) * block, 0.0F);
      add_units(p, part * units / parts, (part + 1) * units / parts, first, last, transposed.data(), sums);
    }
  });
  if (by_input) add_parts_by_input(partial.data(), parts, g, dw);
  else add_weight_parts(partial.data(), parts, g.out_channels, g.in_channels, dw);
}

ConvKernels Kernels() { return {Forward, InputGrad, WeightGrad}; }

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::pointwise {

HWY_EXPORT(Kernels);

bool suits(const Conv2dGeometry& g) {
  return g.groups == 1 && g.kernel_h == 1 && g.kernel_w == 1 && g.stride_h == 1 && g.stride_w == 1 &&
         g.out_h == g.in_h && g.out_w == g.in_w && g.pad_top == 0 && g.pad_left == 0;
}

ConvKernels kernels() { return HWY_DYNAMIC_DISPATCH(Kernels)(); }

}  // namespace reel::kernels::pointwise
#endif
