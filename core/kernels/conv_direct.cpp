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

/// Whether blocks of channels are cheaper than vectors of outputs: these run over the gaps of the field, but those may
/// have lanes to spare, and want a weight that is laid out for them, at the price of some outputs.
bool channels_fill_lanes(const Field& field, std::int64_t batch, std::int64_t channels) {
  constexpr std::int64_t price = 64;
  const std::int64_t outputs = field.rows * field.columns;  // of an image, as the gaps are
  const std::int64_t along_outputs = ceil_div(round_up(field.span(), 2 * lanes), field.images) * round_up(channels, 2);
  return round_up(channels, lanes) * (outputs + price / batch) <= along_outputs;
}

/// Chooses the direction of a pass, and lays out its weight for it.
void prepare(Pass& pass, const Field& field, std::int64_t batch, std::int64_t groups, std::int64_t channels) {
  pass.lanes_are_channels = channels_fill_lanes(field, batch, channels);
  if (!pass.lanes_are_channels) return;
  const std::int64_t depth = pass.depth();
  const std::int64_t blocks = ceil_div(channels, lanes);
  pass.panels.resize(static_cast<std::size_t>(groups * blocks * depth * lanes));
  parallel_for(groups * blocks, ceil_div(1 << 11, depth + 1), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % blocks * lanes;
      gather_columns(pass.weight + (i / blocks * channels + first) * depth, depth, std::min(lanes, channels - first),
                     depth,
                     [&](std::int64_t k, Vec v) HWY_ATTR { store(v, pass.panels.data() + (i * depth + k) * lanes); });
    }
  });
}

/// All passes over all images: x is [N][groups][channels of the field][...], y [N][groups][channels of out][...].
void correlate(const float* x, std::vector<Pass>& passes, const float* bias, Activation activation, float* y,
               std::int64_t batch, std::int64_t groups, const Field& whole, const Output& out) {
  const FieldUnits units(batch, whole);
  std::int64_t terms = 0;
  for (Pass& pass : passes) {
    prepare(pass, units.field(whole, 0), batch, groups, out.channels);
    terms += pass.depth();
  }
  const std::int64_t work =
      std::max<std::int64_t>(1, units.together * units.strip_rows * whole.width() * terms) * out.channels;
  // With few units, each is cut by output channels too.
  const std::int64_t pieces = ceil_div(out.channels, 2 * lanes);
  const std::int64_t chunks = std::clamp<std::int64_t>(
      std::min(16 / std::max<std::int64_t>(1, units.count() * groups), work / task_work), 1, pieces);
  const std::int64_t image_in = groups * whole.channels * whole.vertical.in * whole.horizontal.in;
  const std::int64_t image_out = groups * out.channels * out.area();
  const std::int64_t grain = std::max<std::int64_t>(1, task_work / std::max<std::int64_t>(1, work / chunks));
  parallel_for(units.count() * groups * chunks, grain, [&](std::int64_t first, std::int64_t last) HWY_ATTR {
    const Field largest = units.field(whole, 0);
    const std::int64_t outputs =
        std::max(largest.span() * tile_rows, largest.images * largest.rows * largest.columns * 2 * lanes);
    DirectWorkspace w{Scratch<float>(largest.size() + 2 * lanes), Scratch<float>(outputs + 2 * lanes * tile_rows)};
    for (std::int64_t i = first; i < last; ++i) {
      const std::int64_t unit = i / (groups * chunks);
      const std::int64_t group = i / chunks % groups;
      const std::int64_t chunk = i % chunks;
      const Field field = units.field(whole, unit);
      const std::int64_t row = units.first_row(unit);
      const std::int64_t image = units.first_image(unit);
      copy_field(x + image * image_in + group * (image_in / groups), image_in, field, row, w.data.data());
      for (const Pass& pass : passes) {
        if (pass.rows.count <= row || pass.columns.count <= 0) continue;
        const FieldPass f{field,
                          row,
                          pass,
                          group,
                          bias == nullptr ? nullptr : bias + group * out.channels,
                          activation,
                          out,
                          y + image * image_out + group * (image_out / groups),
                          image_out};
        const std::int64_t begin = chunk * pieces / chunks * 2;  // in blocks of channels
        const std::int64_t end = (chunk + 1) * pieces / chunks * 2;
        if (pass.lanes_are_channels) sum_along_channels(f, begin, std::min(ceil_div(out.channels, lanes), end), w);
        else sum_along_outputs(f, begin * lanes, std::min(out.channels, end * lanes), w);
      }
    }
  });
}

void Forward(const float* x, const float* w, const float* bias, Activation activation, float* y,
             const Conv2dGeometry& g) {
  std::vector<Pass> pass{{.rows = {0, 1, g.out_h}, .columns = {0, 1, g.out_w}}};
  pass[0].taps = direct::forward_taps(g);
  pass[0].weight = w;
  correlate(x, pass, bias, activation, y, g.batch, g.groups, direct::input_field(g),
            {g.out_channels / g.groups, g.out_h, g.out_w});
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

/// The taps that phase (row, column) of the input meets, and their weights for each input channel.
void add_turned_taps(Pass& pass, const float* w, const Conv2dGeometry& g, const TurnedAxis& v, std::int64_t row,
                     const TurnedAxis& h, std::int64_t column, const Field& field) {
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
  pass.turned.reserve(places.size() * static_cast<std::size_t>(g.in_channels));
  for (std::int64_t i = 0; i < g.in_channels; ++i) {
    const float* from = w + i / c * o * g.depth() + i % c * area;
    for (const std::int64_t place : places) pass.turned.push_back(from[place]);
  }
  pass.weight = pass.turned.data();
}

void InputGrad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  const TurnedAxis v{g.pad_top, g.stride_h, g.dilation_h, g.kernel_h, g.in_h};
  const TurnedAxis h{g.pad_left, g.stride_w, g.dilation_w, g.kernel_w, g.in_w};
  Field field{v.field(g.out_h), h.field(g.out_w), g.out_channels / g.groups, 1, 0, 0};
  std::vector<Pass> passes;
  for (std::int64_t row = 0; row < g.stride_h; ++row) {
    for (std::int64_t column = 0; column < g.stride_w; ++column) {
      Pass& pass = passes.emplace_back(Pass{.rows = v.target(row), .columns = h.target(column)});
      add_turned_taps(pass, w, g, v, row, h, column, field);
      field.rows = std::max(field.rows, pass.rows.count);
      field.columns = std::max(field.columns, pass.columns.count);
    }
  }
  correlate(grad, passes, nullptr, Activation::none, dx, g.batch, g.groups, field,
            {g.in_channels / g.groups, g.in_h, g.in_w});
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::direct {

HWY_EXPORT(Forward);
HWY_EXPORT(InputGrad);

bool suits(const Conv2dGeometry& g) {
  constexpr std::int64_t most = std::int64_t{4} << 20;  // floats of a task's field: 16 MiB
  Field field = input_field(g);
  field.channels = std::max(g.in_channels, g.out_channels) / g.groups;
  return FieldUnits(1, field).field(field, 0).size() <= most;
}

void forward(const float* x, const float* w, const float* bias, Activation activation, float* y,
             const Conv2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(Forward)(x, w, bias, activation, y, g);
}
void input_grad(const float* grad, const float* w, float* dx, const Conv2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(InputGrad)(grad, w, dx, g);
}

}  // namespace reel::kernels::direct
#endif
