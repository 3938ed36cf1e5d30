#include <reel/core/kernels/conv_direct.h>
#include <reel/core/parallel.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_direct.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/direct-inl.h>

// The forward pass is one Pass over a field of the input. The input gradient is one for each phase of the input, with
// the taps that meet it, over a field of the output's gradient.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

using direct::task_work;

/// The way of a pass over one image's field, whose outputs are `channels` for each group. Blocks of channels may have
/// lanes to spare, and want a weight that is laid out for them, at the price of some outputs. Vectors of outputs run
/// over the gaps of the field or, in wide rows, may have lanes to spare at the end of each. Both of the former take
/// their sums apart as they write them.
Along cheapest(const Pass& pass, const Field& field, std::int64_t batch, std::int64_t channels) {
  constexpr std::int64_t price = 64;
  constexpr std::int64_t write = 8;  // as many terms cost as much
  const std::int64_t depth = pass.depth();
  const std::int64_t outputs = field.rows * field.columns;  // of an image, as the gaps are
  const std::int64_t along_channels = round_up(channels, lanes) * (outputs + price / batch) * (depth + write);
  const std::int64_t rows = round_up(channels, 2);
  if (pass.columns.step == 1 && pass.columns.count >= 2 * lanes) {
    const std::int64_t along_rows = field.rows * round_up(pass.columns.count, lanes) * rows * (depth + write / 4);
    return along_channels <= along_rows ? Along::channels : Along::rows;
  }
  const std::int64_t along_outputs = ceil_div(round_up(field.span(), 2 * lanes), field.images) * rows * (depth + write);
  return along_channels <= along_outputs ? Along::channels : Along::outputs;
}

/// Lays out the weight of a pass for blocks of channels; returns the end of the memory that it takes.
float* lay_out_panels(Pass& pass, std::int64_t groups, std::int64_t channels, float* panels) {
  const std::int64_t depth = pass.depth();
  const std::int64_t blocks = ceil_div(channels, lanes);
  parallel_for(groups * blocks, ceil_div(1 << 11, depth + 1), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % blocks * lanes;
      gather_columns(pass.weight + (i / blocks * channels + first) * depth, depth, std::min(lanes, channels - first),
                     depth, [&](std::int64_t k, Vec v) HWY_ATTR { store(v, panels + (i * depth + k) * lanes); });
    }
  });
  pass.panels = panels;
  return panels + groups * blocks * depth * lanes;
}

/// Passes over all images: x is [N][groups][channels of the field][...], y [N][groups][channels of out][...].
struct Correlation {
  const float* x;
  float* y;
  std::int64_t batch, groups;
  Field field;  // of one image and group
  Output out;
  ChannelEnds ends;
  std::vector<Pass> passes = {};

  [[nodiscard]] std::int64_t image_in() const { return groups * group_in(); }
  [[nodiscard]] std::int64_t group_in() const { return field.channels * field.vertical.in * field.horizontal.in; }
  [[nodiscard]] std::int64_t image_out() const { return groups * group_out(); }
  [[nodiscard]] std::int64_t group_out() const { return out.channels * out.area(); }
  /// The terms of an output, of all passes.
  [[nodiscard]] std::int64_t terms() const {
    std::int64_t sum = 0;
    for (const Pass& pass : passes) sum += pass.depth();
    return sum;
  }
  [[nodiscard]] std::int64_t most_terms() const {
    std::int64_t most = 0;
    for (const Pass& pass : passes) most = std::max(most, pass.depth());
    return most;
  }
};

/// Of one unit and group, the channels out from pair `begin` of blocks to pair `end`.
void correlate_unit(const Correlation& c, const FieldUnits& units, std::int64_t unit, std::int64_t group,
                    std::int64_t begin, std::int64_t end, DirectWorkspace& w) {
  const Field field = units.field(c.field, unit);
  const std::int64_t row = units.first_row(unit);
  const std::int64_t image = units.first_image(unit);
  const std::int64_t last = std::min(c.out.channels, end * 2 * lanes);
  copy_field(c.x + image * c.image_in() + group * c.group_in(), c.image_in(), field, row, w.data.data());
  for (const Pass& pass : c.passes) {
    if (pass.rows.count <= row || pass.columns.count <= 0) continue;
    const FieldPass f{field,
                      row,
                      pass,
                      group,
                      c.ends.from(group * c.out.channels),
                      c.out,
                      c.y + image * c.image_out() + group * c.group_out(),
                      c.image_out()};
    field.offsets(pass.taps, w.offsets.data());
    if (pass.along == Along::channels) sum_along_channels(f, begin * 2, ceil_div(last, lanes), w);
    else if (pass.along == Along::rows) sum_along_rows(f, begin * 2 * lanes, last, w);
    else sum_along_outputs(f, begin * 2 * lanes, last, w);
  }
}

void correlate(Correlation& c) {
  const FieldUnits units(c.batch, c.field);
  const Field largest = units.field(c.field, 0);
  Scratch<float> panels(c.groups * round_up(c.out.channels, lanes) * c.terms());
  float* free = panels.data();
  for (Pass& pass : c.passes) {
    pass.along = cheapest(pass, largest, c.batch, c.out.channels);
    if (pass.along == Along::channels) free = lay_out_panels(pass, c.groups, c.out.channels, free);
  }
  const std::int64_t work =
      std::max<std::int64_t>(1, largest.images * largest.rows * c.field.width() * c.terms()) * c.out.channels;
  // With few units, each is cut by output channels too.
  const std::int64_t pieces = ceil_div(c.out.channels, 2 * lanes);
  const std::int64_t chunks = std::clamp<std::int64_t>(
      std::min(16 / std::max<std::int64_t>(1, units.count() * c.groups), work / task_work), 1, pieces);
  const std::int64_t grain = std::max<std::int64_t>(1, task_work / std::max<std::int64_t>(1, work / chunks));
  const std::int64_t outputs =
      std::max(largest.span() * tile_rows, largest.images * largest.rows * largest.columns * 2 * lanes);
  parallel_for(units.count() * c.groups * chunks, grain, [&](std::int64_t first, std::int64_t last) HWY_ATTR {
    DirectWorkspace w{Scratch<float>(largest.size() + 2 * lanes), Scratch<float>(outputs + 2 * lanes * tile_rows),
                      Scratch<std::int64_t>(c.most_terms())};
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t chunk = i % chunks;
      correlate_unit(c, units, i / (c.groups * chunks), i / chunks % c.groups, chunk * pieces / chunks,
                     (chunk + 1) * pieces / chunks, w);
    }
  });
}

void Forward(const float* x, const float* w, const ChannelEnds& ends, float* y, const Conv2dGeometry& g) {
  const Output out{g.out_channels / g.groups, g.out_h, g.out_w};
  Correlation c{x, y, g.batch, g.groups, direct::input_field(g), out, ends};
  c.passes.push_back(
      {.rows = {0, 1, g.out_h}, .columns = {0, 1, g.out_w}, .taps = direct::forward_taps(g), .weight = w});
  correlate(c);
}

/// One axis of the input gradient. Input i and tap k meet output (i + pad - k * dilation) / stride, where that leaves
/// no remainder. So the inputs with (i + pad) % stride = r, which are r - pad, r - pad + stride, ..., meet the taps
/// with k * dilation % stride = r.
struct TurnedAxis {
  std::int64_t pad, stride, dilation, kernel, in;

  /// The first number q with 0 <= stride * q + r - pad.
  [[nodiscard]] std::int64_t first(std::int64_t r) const { return pad > r ? ceil_div(pad - r, stride) : 0; }
  [[nodiscard]] Target target(std::int64_t r) const {
    const std::int64_t at = stride * first(r) + r - pad;
    return {at, stride, at < in ? ceil_div(in - at, stride) : 0};
  }
  /// The output that the first input of phase r meets through tap k; may be negative.
  [[nodiscard]] std::int64_t met(std::int64_t r, std::int64_t k) const { return first(r) - k * dilation / stride; }
  [[nodiscard]] bool meets(std::int64_t r, std::int64_t k) const { return k * dilation % stride == r; }

  /// The axis of a field of `out` outputs that holds all that is met.
  [[nodiscard]] FieldAxis field(std::int64_t out) const {
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (std::int64_t k = 0; k < kernel; ++k) {
      least = std::min(least, met(k * dilation % stride, k));
      most = std::max(most, met(k * dilation % stride, k));
    }
    return {out, -least, 1, most - least};
  }
};

/// The taps that phase (row, column) of the input meets, and their weights for each input channel, written to `turned`;
/// returns their end.
float* add_turned_taps(Pass& pass, const float* w, const Conv2dGeometry& g, const TurnedAxis& v, std::int64_t row,
                       const TurnedAxis& h, std::int64_t column, const Field& field, float* turned) {
  const std::int64_t c = g.in_channels / g.groups;
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t area = g.kernel_h * g.kernel_w;
  std::vector<std::int64_t> met;  // of the taps of one channel
  for (std::int64_t k = 0; k < area; ++k) {
    if (v.meets(row, k / g.kernel_w) && h.meets(column, k % g.kernel_w)) met.push_back(k);
  }
  std::vector<std::int64_t> places;  // in the weight of one input channel
  for (std::int64_t i = 0; i < o; ++i) {
    for (const std::int64_t k : met) {
      pass.taps.push_back(field.tap(i, v.met(row, k / g.kernel_w) + field.vertical.pad,
                                    h.met(column, k % g.kernel_w) + field.horizontal.pad));
      places.push_back(i * g.depth() + k);
    }
  }
  pass.weight = turned;
  const std::int64_t depth = pass.depth();
  parallel_for(g.in_channels, ceil_div(1 << 15, depth + 1), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const float* from = w + i / c * o * g.depth() + i % c * area;
      float* to = turned + i * depth;
      for (const std::int64_t place : places) *to++ = from[place];
    }
  });
  return turned + g.in_channels * depth;
}

void InputGrad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  const TurnedAxis v{g.pad_top, g.stride_h, g.dilation_h, g.kernel_h, g.in_h};
  const TurnedAxis h{g.pad_left, g.stride_w, g.dilation_w, g.kernel_w, g.in_w};
  const Output out{g.in_channels / g.groups, g.in_h, g.in_w};
  const Field empty{v.field(g.out_h), h.field(g.out_w), g.out_channels / g.groups, 1, 0, 0};
  Correlation c{grad, dx, g.batch, g.groups, empty, out, plain_ends};
  Scratch<float> turned(g.out_channels * g.depth());
  float* free = turned.data();
  for (std::int64_t row = 0; row < g.stride_h; ++row) {
    for (std::int64_t column = 0; column < g.stride_w; ++column) {
      Pass& pass = c.passes.emplace_back(Pass{.rows = v.target(row), .columns = h.target(column)});
      free = add_turned_taps(pass, w, g, v, row, h, column, c.field, free);
      c.field.rows = std::max(c.field.rows, pass.rows.count);
      c.field.columns = std::max(c.field.columns, pass.columns.count);
    }
  }
  correlate(c);
}

ConvKernels Kernels() { return {Forward, InputGrad, direct::weight_grad}; }

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::direct {

HWY_EXPORT(Kernels);

bool suits(const Conv2dGeometry& g) {
  constexpr std::int64_t most = std::int64_t{4} << 20;  // floats of a task's field: 16 MiB
  Field field = input_field(g);
  field.channels = std::max(g.in_channels, g.out_channels) / g.groups;
  return FieldUnits(1, field).field(field, 0).size() <= most;
}

ConvKernels kernels() { return HWY_DYNAMIC_DISPATCH(Kernels)(); }

}  // namespace reel::kernels::direct
#endif
