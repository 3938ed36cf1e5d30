#include <reel/core/kernels/conv_winograd.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_winograd.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/epilogue-inl.h>
#include <reel/core/kernels/winograd-inl.h>
#include <reel/core/kernels/winograd_units-inl.h>

// Letters: T tiles of a unit; C, O channels in and out, in blocks of as many as a vector has lanes; tiles of Side x
// Side outputs (2 or 4) have E = (Side + 2)² transformed numbers. Arrays of E matrices:
//
//   U  the weight    [E][O block][C][lane]
//   V  the input     [E][T][C]
//   M  the output    [E][O block][T][lane], of some blocks at a time
//
//   forward      M = V U      (T, C) x (C, lanes) -> (T, lanes)
//   weight grad  dU += Vᵀ dM  (C, T) x (T, lanes) -> (C, lanes)

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t chunk_blocks = 64 / lanes;  // blocks of output channels that are worked on together
constexpr std::int64_t sum_channels = 32;          // input channels in one sum of M; longer sums are sums of sums
constexpr std::int64_t least_tasks = 8;            // fewer units than these are shared out by output channels as well
constexpr std::int64_t least_tiles = 32;           // of a unit: as many products for each number read of U,
constexpr std::int64_t least_grad_tiles = 64;      // and for each one read and written of dU

/// One task's V, M and pixels.
template <int Side>
struct Workspace {
  static constexpr std::int64_t elements = (Side + 2) * (Side + 2);
  std::int64_t depth;  // channels of V, whole blocks
  std::int64_t block;  // of M
  // From one of the E matrices to the next. Not a power of two, which the first-level cache would not like.
  std::int64_t input_step, output_step;
  Scratch<float> input, output, pixels;

  Workspace(const Conv2dGeometry& g, const Units<Side>& units)
      : depth(round_up(g.in_channels, lanes)),
        block(units.most_tiles() * lanes),
        input_step(units.most_tiles() * depth + lanes),
        output_step(std::min(blocks_of(g.out_channels), chunk_blocks) * block + lanes),
        input(elements * input_step),
        output(elements * output_step),
        pixels(units.most_pixels() * lanes) {}
};

/// The pixels of a tile that begins at `from`, in rows `row` apart.
HWY_INLINE auto from_tile(const float* from, std::int64_t row) {
  return [=](int i, int j) HWY_ATTR { return load(from + i * row + j * lanes); };
}
/// A tile's transformed numbers, `step` apart, to be read or written.
template <int Side>
HWY_INLINE auto from_elements(const float* from, std::int64_t step) {
  return [=](int i, int j) HWY_ATTR { return load(from + (i * (Side + 2) + j) * step); };
}
template <int Side>
HWY_INLINE auto to_elements(float* to, std::int64_t step) {
  return [=](int i, int j, Vec v) HWY_ATTR { store(v, to + (i * (Side + 2) + j) * step); };
}

/// Fills V with the transformed input of a unit; returns its number of tiles.
template <int Side>
std::int64_t read_input(const float* x, const Conv2dGeometry& g, const Units<Side>& units, std::int64_t unit,
                        Workspace<Side>& w) {
  return units.each_strip(unit, [&](const Strip<Side>& s) HWY_ATTR {
    const Window window = s.input(g);
    const std::int64_t row = window.width * lanes;
    for (std::int64_t b = 0; b < blocks_of(g.in_channels); ++b) {
      const Planes planes{g.in_h, g.in_w, in_block(b, g.in_channels)};
      pack(x + (s.image * g.in_channels + b * lanes) * planes.area(), planes, window, w.pixels.data());
      float* to = w.input.data() + s.first * w.depth + b * lanes;
      for (std::int64_t i = 0; i < s.rows; ++i) {
        const float* from = w.pixels.data() + Side * i * row;
        for (std::int64_t j = 0; j < s.columns; ++j, from += Side * lanes, to += w.depth) {
          transform_tile<Side + 2, Side + 2, Filter<Side>::input>(from_tile(from, row),
                                                                  to_elements<Side>(to, w.input_step));
        }
      }
    }
  });
}

/// Writes the pixels of block b of the output channels, whose part of M begins at m.
template <int Side>
void write_output(const float* m, std::int64_t b, const ChannelEnds& ends, float* y, const Conv2dGeometry& g,
                  const Units<Side>& units, std::int64_t unit, Workspace<Side>& w) {
  const Planes planes{g.out_h, g.out_w, in_block(b, g.out_channels)};
  const ChannelEnd finish = block_end(ends.from(b * lanes), planes.count);
  units.each_strip(unit, [&](const Strip<Side>& s) HWY_ATTR {
    const Window window = s.output();
    const std::int64_t row = window.width * lanes;
    const float* from = m + s.first * lanes;
    for (std::int64_t i = 0; i < s.rows; ++i) {
      float* to = w.pixels.data() + Side * i * row;
      for (std::int64_t j = 0; j < s.columns; ++j, from += lanes, to += Side * lanes) {
        transform_tile<Side + 2, Side, Filter<Side>::output>(
            from_elements<Side>(from, w.output_step),
            [&](int r, int c, Vec v) HWY_ATTR { store(finish(v), to + r * row + c * lanes); });
      }
    }
    unpack(w.pixels.data(), planes, window, y + (s.image * g.out_channels + b * lanes) * planes.area());
  });
}

/// Fills a block of dM with the transformed gradient of block b of the output channels.
template <int Side>
void read_output_grad(const float* grad, std::int64_t b, float* dm, const Conv2dGeometry& g, const Units<Side>& units,
                      std::int64_t unit, Workspace<Side>& w) {
  const Planes planes{g.out_h, g.out_w, in_block(b, g.out_channels)};
  units.each_strip(unit, [&](const Strip<Side>& s) HWY_ATTR {
    const Window window = s.output();
    const std::int64_t row = window.width * lanes;
    pack(grad + (s.image * g.out_channels + b * lanes) * planes.area(), planes, window, w.pixels.data());
    float* to = dm + s.first * lanes;
    for (std::int64_t i = 0; i < s.rows; ++i) {
      const float* from = w.pixels.data() + Side * i * row;
      for (std::int64_t j = 0; j < s.columns; ++j, from += Side * lanes, to += lanes) {
        transform_tile<Side, Side + 2, Filter<Side>::output_grad>(from_tile(from, row),
                                                                  to_elements<Side>(to, w.output_step));
      }
    }
  });
}

/// Where the weight of output channel o and input channel c begins, and whether its taps are read in reverse.
struct WeightLayout {
  std::int64_t output_step, input_step;
  bool is_turned;

  /// Of n input channels, those whose taps lie one after the other.
  [[nodiscard]] std::int64_t run(std::int64_t n) const { return input_step == 9 ? n : 1; }
};

/// U of a weight; channels that the last block lacks are zeros.
template <int Side>
void read_weight(const float* w, WeightLayout layout, std::int64_t inputs, std::int64_t outputs, float* u) {
  constexpr std::int64_t most = 64;  // input channels whose taps stay in the first-level cache
  const std::int64_t count = blocks_of(outputs) * inputs;
  parallel_for(count, 64, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    HWY_ALIGN float taps[most * 9 * lanes];
    for (std::int64_t i = begin, n = 0; i < end; i += n) {
      const std::int64_t b = i / inputs;
      const std::int64_t c = i % inputs;
      n = layout.run(std::min({most, inputs - c, end - i}));
      gather_columns(w + b * lanes * layout.output_step + c * layout.input_step, layout.output_step,
                     in_block(b, outputs), 9 * n, [&](std::int64_t k, Vec v) HWY_ATTR { store(v, taps + k * lanes); });
      for (std::int64_t k = 0; k < n; ++k) {
        const float* from = taps + k * 9 * lanes;
        transform_tile<3, Side + 2, Filter<Side>::weight>(
            [&](int r, int t) HWY_ATTR { return load(from + (layout.is_turned ? 8 - 3 * r - t : 3 * r + t) * lanes); },
            to_elements<Side>(u + (i + k) * lanes, count * lanes));
      }
    }
  });
}

/// y of a unit, from V and U, for the blocks [first, last) of output channels.
template <int Side>
void multiply_chunk(const float* u, std::int64_t first, std::int64_t last, std::int64_t tiles, const Conv2dGeometry& g,
                    Workspace<Side>& w) {
  const std::int64_t channels = g.in_channels;
  for (std::int64_t k = 0; k < w.elements; ++k) {
    float* of_matrix = const_cast<float*>(u) + k * blocks_of(g.out_channels) * channels * lanes;
    for (std::int64_t b = first; b < last; b += 2) {
      for (std::int64_t c = 0; c < channels; c += sum_channels) {  // (T, some of C) x (some of C, lanes) -> (T, lanes)
        multiply({w.input.data() + k * w.input_step + c, w.depth, 1}, tiles,
                 {of_matrix + (b * channels + c) * lanes, channels * lanes}, std::min(sum_channels, channels - c),
                 {w.output.data() + k * w.output_step + (b - first) * w.block, w.block}, b + 1 < last, c > 0);
      }
    }
  }
}

template <int Side>
void convolve(const float* x, const float* u, const ChannelEnds& ends, float* y, const Conv2dGeometry& g) {
  const Units<Side> units(g, least_tiles);
  const std::int64_t blocks = blocks_of(g.out_channels);
  const std::int64_t chunks = ceil_div(blocks, chunk_blocks);
  const std::int64_t groups = std::clamp<std::int64_t>(ceil_div(least_tasks, units.count()), 1, chunks);
  parallel_for(units.count() * groups, 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    Workspace<Side> w(g, units);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t unit = i / groups;
      const std::int64_t group = i % groups;
      const std::int64_t tiles = read_input(x, g, units, unit, w);
      for (std::int64_t chunk = group * chunks / groups; chunk < (group + 1) * chunks / groups; ++chunk) {
        const std::int64_t first = chunk * chunk_blocks;
        const std::int64_t last = std::min(blocks, first + chunk_blocks);
        multiply_chunk(u, first, last, tiles, g, w);
        for (std::int64_t b = first; b < last; ++b) {
          write_output(w.output.data() + (b - first) * w.block, b, ends, y, g, units, unit, w);
        }
      }
    }
  });
}

template <int Side>
void forward(const float* x, const float* w, const ChannelEnds& ends, float* y, const Conv2dGeometry& g) {
  Scratch<float> u(Workspace<Side>::elements * g.in_channels * round_up(g.out_channels, lanes));
  read_weight<Side>(w, {9 * g.in_channels, 9, false}, g.in_channels, g.out_channels, u.data());
  convolve<Side>(x, u.data(), ends, y, g);
}

/// A convolution of the output's gradient, in which channels change places and the taps are turned round.
template <int Side>
void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  Scratch<float> u(Workspace<Side>::elements * g.out_channels * round_up(g.in_channels, lanes));
  read_weight<Side>(w, {9, 9 * g.in_channels, true}, g.out_channels, g.in_channels, u.data());
  Conv2dGeometry turned = g;
  std::swap(turned.in_channels, turned.out_channels);
  std::swap(turned.in_h, turned.out_h);
  std::swap(turned.in_w, turned.out_w);
  turned.pad_top = 2 - g.pad_top;
  turned.pad_left = 2 - g.pad_left;
  convolve<Side>(grad, u.data(), plain_ends, dx, turned);
}

/// Blocks of output channels and units of images that one partial sum of the weight gradient is taken over.
struct Part {
  std::int64_t first, last, begin, end;
};

/// One partial sum: out [block][C * 9][lane].
template <int Side>
void weight_grad_part(const float* x, const float* grad, const Conv2dGeometry& g, const Units<Side>& units,
                      const Part& part, float* out) {
  Workspace<Side> w(g, units);
  const std::int64_t block = w.depth * lanes;
  const std::int64_t step = (part.last - part.first) * block + lanes;
  Scratch<float> du(w.elements * step);
  for (std::int64_t unit = part.begin; unit < part.end; ++unit) {
    const std::int64_t tiles = read_input(x, g, units, unit, w);
    for (std::int64_t b = part.first; b < part.last; ++b) {
      read_output_grad(grad, b, w.output.data() + (b - part.first) * w.block, g, units, unit, w);
    }
    for (std::int64_t k = 0; k < w.elements; ++k) {
      for (std::int64_t b = part.first; b < part.last; b += 2) {  // (C, T) x (T, lanes) -> (C, lanes)
        multiply({w.input.data() + k * w.input_step, 1, w.depth}, w.depth,
                 {w.output.data() + k * w.output_step + (b - part.first) * w.block, w.block}, tiles,
                 {du.data() + k * step + (b - part.first) * block, block}, b + 1 < part.last, unit > part.begin);
      }
    }
  }
  for (std::int64_t b = 0; b < part.last - part.first; ++b) {
    for (std::int64_t c = 0; c < g.in_channels; ++c) {
      float* taps = out + (b * g.in_channels + c) * 9 * lanes;
      transform_tile<Side + 2, 3, Filter<Side>::weight_grad>(
          from_elements<Side>(du.data() + b * block + c * lanes, step),
          [&](int r, int t, Vec v) HWY_ATTR { store(v, taps + (3 * r + t) * lanes); });
    }
  }
}

template <int Side>
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  const Units<Side> units(g, least_grad_tiles);
  const std::int64_t blocks = blocks_of(g.out_channels);
  const std::int64_t chunks = ceil_div(blocks, chunk_blocks);
  const std::int64_t parts = std::clamp<std::int64_t>(16 / chunks, 1, units.count());
  const std::int64_t block = 9 * g.in_channels * lanes;
  Scratch<float> partial(parts * blocks * block);
  parallel_for(parts * chunks, 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % chunks * chunk_blocks;
      const std::int64_t p = i / chunks;
      weight_grad_part(
          x, grad, g, units,
          {first, std::min(blocks, first + chunk_blocks), p * units.count() / parts, (p + 1) * units.count() / parts},
          partial.data() + (p * blocks + first) * block);
    }
  });
  add_weight_parts(partial.data(), parts, g.out_channels, 9 * g.in_channels, dw);
}

template <int Side>
constexpr ConvKernels kernels_of_side{forward<Side>, input_grad<Side>, weight_grad<Side>};

ConvKernels Kernels(bool is_large) { return is_large ? kernels_of_side<4> : kernels_of_side<2>; }

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::winograd {

HWY_EXPORT(Kernels);

bool suits(const Conv2dGeometry& g) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 && g.stride_w == 1 && g.dilation_h == 1 &&
         g.dilation_w == 1 && g.groups == 1 && g.pad_top <= 2 && g.pad_left <= 2;
}

bool is_worth_large(const Conv2dGeometry& g) {
  const auto products = [&](std::int64_t side) {  // for each weight, with what is wasted beyond the edges
    return g.batch * ((g.out_h + side - 1) / side) * ((g.out_w + side - 1) / side) * (side + 2) * (side + 2);
  };
  // The weight has 20 numbers more, each of which takes as long to make and to read as some 64 products.
  return products(2) - products(4) >= std::int64_t{20} * 64;
}

ConvKernels kernels(Tiles tiles) { return HWY_DYNAMIC_DISPATCH(Kernels)(tiles == Tiles::large); }

}  // namespace reel::kernels::winograd
#endif
