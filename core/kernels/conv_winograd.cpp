#include <reel/core/kernels/conv_winograd.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_winograd.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/winograd-inl.h>
#include <reel/core/kernels/winograd_units-inl.h>

// Letters: T tiles of a unit; C, O channels in and out, in blocks of as many as a vector has lanes. Arrays of 16
// matrices:
//
//   U  the weight    [16][O block][C][lane]
//   V  the input     [16][T][C]
//   M  the output    [16][O block][T][lane], of some blocks at a time
//
//   forward      M = V U      (T, C) x (C, lanes) -> (T, lanes)
//   weight grad  dU += Vᵀ dM  (C, T) x (T, lanes) -> (C, lanes)

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

constexpr std::int64_t chunk_blocks = 64 / lanes;  // blocks of output channels that are worked on together

/// One task's V, M and pixels.
struct Workspace {
  std::int64_t depth;  // channels of V, whole blocks
  std::int64_t block;  // of M
  // From one of the 16 matrices to the next. Not a power of two, which the first-level cache would not like.
  std::int64_t input_step, output_step;
  Scratch<float> input, output, pixels;

  Workspace(const Conv2dGeometry& g, const Units& units)
      : depth(round_up(g.in_channels, lanes)),
        block(units.most_tiles() * lanes),
        input_step(units.most_tiles() * depth + lanes),
        output_step(std::min(blocks_of(g.out_channels), chunk_blocks) * block + lanes),
        input(16 * input_step),
        output(16 * output_step),
        pixels(units.most_pixels() * lanes) {}
};

/// Fills V with the transformed input of a unit; returns its number of tiles.
std::int64_t read_input(const float* x, const Conv2dGeometry& g, const Units& units, std::int64_t unit, Workspace& w) {
  return units.each_strip(unit, [&](const Strip& s) HWY_ATTR {
    const Window window = s.input(g);
    for (std::int64_t b = 0; b < blocks_of(g.in_channels); ++b) {
      const Planes planes{g.in_h, g.in_w, in_block(b, g.in_channels)};
      pack(x + (s.image * g.in_channels + b * lanes) * planes.area(), planes, window, w.pixels.data());
      float* to = w.input.data() + s.first * w.depth + b * lanes;
      for (std::int64_t i = 0; i < s.rows; ++i) {
        const float* from = w.pixels.data() + 2 * i * window.width * lanes;
        for (std::int64_t j = 0; j < s.columns; ++j, from += 2 * lanes, to += w.depth) {
          transform_input(from, window.width * lanes, to, w.input_step);
        }
      }
    }
  });
}

/// What is done to the products on their way out.
struct Epilogue {
  const float* bias;  // or null
  Activation activation;
};

/// Writes the pixels of block b of the output channels, whose part of M begins at m.
void write_output(const float* m, std::int64_t b, const Epilogue& end, float* y, const Conv2dGeometry& g,
                  const Units& units, std::int64_t unit, Workspace& w) {
  const Planes planes{g.out_h, g.out_w, in_block(b, g.out_channels)};
  HWY_ALIGN float start[lanes] = {};
  if (end.bias != nullptr) std::copy_n(end.bias + b * lanes, planes.count, start);
  const Vec offset = load(start);
  const auto finish = [&](Vec v) HWY_ATTR {
    const Vec sum = hn::Add(v, offset);
    return end.activation == Activation::relu ? relu(sum) : sum;
  };
  units.each_strip(unit, [&](const Strip& s) HWY_ATTR {
    const Window window = s.output();
    const std::int64_t row = window.width * lanes;
    const float* from = m + s.first * lanes;
    for (std::int64_t i = 0; i < s.rows; ++i) {
      float* to = w.pixels.data() + 2 * i * row;
      for (std::int64_t j = 0; j < s.columns; ++j, from += lanes, to += 2 * lanes) {
        Vec out[2][2];
        transform_output(from, w.output_step, out);
        store(finish(out[0][0]), to);
        store(finish(out[0][1]), to + lanes);
        store(finish(out[1][0]), to + row);
        store(finish(out[1][1]), to + row + lanes);
      }
    }
    unpack(w.pixels.data(), planes, window, y + (s.image * g.out_channels + b * lanes) * planes.area());
  });
}

/// Fills a block of dM with the transformed gradient of block b of the output channels.
void read_output_grad(const float* grad, std::int64_t b, float* dm, const Conv2dGeometry& g, const Units& units,
                      std::int64_t unit, Workspace& w) {
  const Planes planes{g.out_h, g.out_w, in_block(b, g.out_channels)};
  units.each_strip(unit, [&](const Strip& s) HWY_ATTR {
    const Window window = s.output();
    pack(grad + (s.image * g.out_channels + b * lanes) * planes.area(), planes, window, w.pixels.data());
    float* to = dm + s.first * lanes;
    for (std::int64_t i = 0; i < s.rows; ++i) {
      const float* from = w.pixels.data() + 2 * i * window.width * lanes;
      for (std::int64_t j = 0; j < s.columns; ++j, from += 2 * lanes, to += lanes) {
        transform_output_grad(from, window.width * lanes, to, w.output_step);
      }
    }
  });
}

/// Where the weight of output channel o and input channel c begins, and whether its taps are read in reverse.
struct WeightLayout {
  std::int64_t output_step, input_step;
  bool is_turned;
};

/// U of a weight; channels that the last block lacks are zeros.
void read_weight(const float* w, WeightLayout layout, std::int64_t inputs, std::int64_t outputs, float* u) {
  const std::int64_t count = blocks_of(outputs) * inputs;
  parallel_for(count, 256, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t b = i / inputs;
      Vec taps[9];
      gather_columns(w + b * lanes * layout.output_step + i % inputs * layout.input_step, layout.output_step,
                     in_block(b, outputs), 9,
                     [&](std::int64_t k, Vec v) HWY_ATTR { taps[layout.is_turned ? 8 - k : k] = v; });
      transform_weight(taps, u + i * lanes, count * lanes);
    }
  });
}

/// y of a unit, from V and U, for the blocks [first, last) of output channels.
void multiply_chunk(const float* u, std::int64_t first, std::int64_t last, std::int64_t tiles, const Conv2dGeometry& g,
                    Workspace& w) {
  const std::int64_t c = g.in_channels;
  for (std::int64_t k = 0; k < 16; ++k) {
    float* of_matrix = const_cast<float*>(u) + k * blocks_of(g.out_channels) * c * lanes;
    for (std::int64_t b = first; b < last; b += 2) {  // (T, C) x (C, lanes) -> (T, lanes)
      multiply<false>({w.input.data() + k * w.input_step, w.depth, 1}, tiles, {of_matrix + b * c * lanes, c * lanes}, c,
                      {w.output.data() + k * w.output_step + (b - first) * w.block, w.block}, b + 1 < last);
    }
  }
}

void convolve(const float* x, const float* u, const Epilogue& epilogue, float* y, const Conv2dGeometry& g) {
  const Units units(g);
  const std::int64_t blocks = blocks_of(g.out_channels);
  parallel_for(units.count(), 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    Workspace w(g, units);
    for (std::int64_t unit = begin; unit < end; ++unit) {
      const std::int64_t tiles = read_input(x, g, units, unit, w);
      for (std::int64_t first = 0; first < blocks; first += chunk_blocks) {
        const std::int64_t last = std::min(blocks, first + chunk_blocks);
        multiply_chunk(u, first, last, tiles, g, w);
        for (std::int64_t b = first; b < last; ++b) {
          write_output(w.output.data() + (b - first) * w.block, b, epilogue, y, g, units, unit, w);
        }
      }
    }
  });
}

void Forward(const float* x, const float* w, const float* bias, Activation activation, float* y,
             const Conv2dGeometry& g) {
  Scratch<float> u(16 * g.in_channels * round_up(g.out_channels, lanes));
  read_weight(w, {9 * g.in_channels, 9, false}, g.in_channels, g.out_channels, u.data());
  convolve(x, u.data(), {bias, activation}, y, g);
}

/// A convolution of the output's gradient, in which channels change places and the taps are turned round.
void InputGrad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  Scratch<float> u(16 * g.out_channels * round_up(g.in_channels, lanes));
  read_weight(w, {9, 9 * g.in_channels, true}, g.out_channels, g.in_channels, u.data());
  Conv2dGeometry turned = g;
  std::swap(turned.in_channels, turned.out_channels);
  std::swap(turned.in_h, turned.out_h);
  std::swap(turned.in_w, turned.out_w);
  turned.pad_top = 2 - g.pad_top;
  turned.pad_left = 2 - g.pad_left;
  convolve(grad, u.data(), {nullptr, Activation::none}, dx, turned);
}

/// Blocks of output channels and units of images that one partial sum of the weight gradient is taken over.
struct Part {
  std::int64_t first, last, begin, end;
};

/// One partial sum: out [block][C * 9][lane].
void weight_grad_part(const float* x, const float* grad, const Conv2dGeometry& g, const Units& units, const Part& part,
                      float* out) {
  Workspace w(g, units);
  const std::int64_t block = w.depth * lanes;
  const std::int64_t step = (part.last - part.first) * block + lanes;
  Scratch<float> du(16 * step);
  std::fill_n(du.data(), 16 * step, 0.0F);
  for (std::int64_t unit = part.begin; unit < part.end; ++unit) {
    const std::int64_t tiles = read_input(x, g, units, unit, w);
    for (std::int64_t b = part.first; b < part.last; ++b) {
      read_output_grad(grad, b, w.output.data() + (b - part.first) * w.block, g, units, unit, w);
    }
    for (std::int64_t k = 0; k < 16; ++k) {
      for (std::int64_t b = part.first; b < part.last; b += 2) {  // (C, T) x (T, lanes) -> (C, lanes)
        multiply<true>({w.input.data() + k * w.input_step, 1, w.depth}, w.depth,
                       {w.output.data() + k * w.output_step + (b - part.first) * w.block, w.block}, tiles,
                       {du.data() + k * step + (b - part.first) * block, block}, b + 1 < part.last);
      }
    }
  }
  for (std::int64_t b = 0; b < part.last - part.first; ++b) {
    for (std::int64_t c = 0; c < g.in_channels; ++c) {
      transform_weight_grad(du.data() + b * block + c * lanes, step, out + (b * g.in_channels + c) * 9 * lanes, lanes);
    }
  }
}

void WeightGrad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  const Units units(g);
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

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::winograd {

HWY_EXPORT(Forward);
HWY_EXPORT(InputGrad);
HWY_EXPORT(WeightGrad);

bool suits(const Conv2dGeometry& g) {
  return g.kernel_h == 3 && g.kernel_w == 3 && g.stride_h == 1 && g.stride_w == 1 && g.dilation_h == 1 &&
         g.dilation_w == 1 && g.groups == 1 && g.pad_top <= 2 && g.pad_left <= 2;
}

void forward(const float* x, const float* w, const float* bias, Activation activation, float* y,
             const Conv2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Forward)(x, w, bias, activation, y, g);
}
void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(InputGrad)(grad, w, dx, g);
}
void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(WeightGrad)(x, grad, dw, g);
}

}  // namespace reel::kernels::winograd
#endif
