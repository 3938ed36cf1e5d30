#include <reel/core/kernels/conv_direct.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/parallel.h>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "reel/core/kernels/conv_direct_weight.cpp"
#include <hwy/foreach_target.h>

#include <reel/core/kernels/field-inl.h>
#include <reel/core/kernels/planes-inl.h>

// dw[o][k] = sum over p of dy[o][p] * field[offset[k] + p], where p are the places of the outputs in a field. Vectors
// lie along the output channels, or with few of them along p, which then runs over the gaps between rows too, where dy
// is 0.

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {
namespace {

using direct::task_work;

/// What all tasks of a weight gradient share.
struct WeightGradJob {
  const float* x;
  const float* grad;
  const Conv2dGeometry& g;
  FieldUnits units;
  std::vector<direct::FieldTap> taps;  // of one group

  WeightGradJob(const float* input, const float* gradient, const Conv2dGeometry& geometry)
      : x(input),
        grad(gradient),
        g(geometry),
        units(g.batch, direct::input_field(g), 1024),
        taps(direct::forward_taps(g)) {}
  [[nodiscard]] std::int64_t channels() const { return g.out_channels / g.groups; }
};

/// For some taps, sums[block][tap][lane] += sum over i < n of taps[tap][place[i]] * dy[block][i][lane]. Not inlined:
/// the registers hold the sums and all pointers, and nothing besides.
template <int Blocks>
HWY_NOINLINE void add_tile(std::int64_t some, const float* const* taps, const std::int64_t* place, const float* dy,
                           std::int64_t dy_block, std::int64_t n, float* sums, std::int64_t sums_block) {
  multiply_some<Blocks>(
      some, [taps](std::int64_t i) HWY_ATTR { return taps[i]; }, [place](std::int64_t i) HWY_ATTR { return place[i]; },
      [dy](std::int64_t i) HWY_ATTR { return dy + i * lanes; }, dy_block, n, sums, lanes, sums_block, true);
}

/// Places in a field.
struct Places {
  const std::int64_t* at;
  std::int64_t count;
};

/// sums[block][k][lane] += sum over i of data[offset[k] + place[i]] * dy[block][i][lane]
void add_products(const float* data, Places offset, Places place, const float* dy, std::int64_t blocks, float* sums) {
  constexpr std::int64_t together = 208;  // outputs: two blocks of dy stay in the first-level cache
  const std::int64_t terms = offset.count;
  const std::int64_t outputs = place.count;
  for (std::int64_t p = 0; p < outputs; p += together) {
    const std::int64_t n = std::min(together, outputs - p);
    for (std::int64_t b = 0; b < blocks; b += 2) {
      const float* gradient = dy + (b * outputs + p) * lanes;
      for_each_tile(terms, std::min(tile_rows, 7), [&](std::int64_t k, std::int64_t some) HWY_ATTR {
        const float* taps[tile_rows];
        for (std::int64_t i = 0; i < some; ++i) taps[i] = data + offset.at[k + i];
        float* to = sums + (b * terms + k) * lanes;
        const auto add = b + 1 < blocks ? add_tile<2> : add_tile<1>;
        add(some, taps, place.at + p, gradient, outputs * lanes, n, to, terms * lanes);
      });
    }
  }
}

/// sums[o][k] += sum over p of data[offset[k] + p] * dy[o][p], for `Channels` output channels and `dot_columns` taps.
template <int Channels>
HWY_NOINLINE void add_dots(const float* const* taps, const float* dy, std::int64_t dy_step, std::int64_t span,
                           float* sums, std::int64_t sums_step, std::int64_t count) {
  Vec sum[Channels][dot_columns];
  for (int o = 0; o < Channels; ++o) {
    for (int k = 0; k < dot_columns; ++k) sum[o][k] = hn::Zero(Floats());
  }
  const auto add = [&](std::int64_t p, const auto& factor) HWY_ATTR {
    Vec tap[dot_columns];
    for (int k = 0; k < dot_columns; ++k) tap[k] = load(taps[k] + p);
    HWY_UNROLL(4)
    for (int o = 0; o < Channels; ++o) {
      const Vec f = factor(dy + o * dy_step + p);
      for (int k = 0; k < dot_columns; ++k) sum[o][k] = hn::MulAdd(f, tap[k], sum[o][k]);
    }
  };
  std::int64_t p = 0;
  for (; p + lanes <= span; p += lanes) add(p, [](const float* from) HWY_ATTR { return load(from); });
  if (p < span) {
    add(p, [&](const float* from) HWY_ATTR {
      HWY_ALIGN float tail[lanes] = {};
      std::copy_n(from, span - p, tail);
      return load(tail);
    });
  }
  for (int o = 0; o < Channels; ++o) {
    for (std::int64_t k = 0; k < count; ++k) {
      sums[o * sums_step + k] += hn::GetLane(hn::SumOfLanes(Floats(), sum[o][k]));
    }
  }
}

/// The same for all output channels and taps.
void add_all_dots(const float* data, Places offset, const float* dy, std::int64_t dy_step, std::int64_t channels,
                  std::int64_t span, float* sums) {
  const std::int64_t terms = offset.count;
  for (std::int64_t k = 0; k < terms; k += dot_columns) {
    const float* taps[dot_columns];
    for (std::int64_t i = 0; i < dot_columns; ++i) taps[i] = data + offset.at[std::min(k + i, terms - 1)];
    for_each_tile(channels, dot_rows, [&](std::int64_t o, std::int64_t some) HWY_ATTR {
      constexpr decltype(&add_dots<1>) add[] = {add_dots<1>, add_dots<2>, add_dots<3>, add_dots<4>};
      add[some - 1](taps, dy + o * dy_step, dy_step, span, sums + o * terms + k, terms,
                    std::min<std::int64_t>(dot_columns, terms - k));
    });
  }
}

/// What one task of the weight gradient works in.
struct GradWorkspace {
  Scratch<float> data, dy;
  Scratch<std::int64_t> offsets, places;

  /// Where a field's taps are read.
  Places taps(const Field& field, const std::vector<direct::FieldTap>& of_group) {
    field.offsets(of_group, offsets.data());
    return {offsets.data(), static_cast<std::int64_t>(of_group.size())};
  }
};

/// Adds one unit of one group to the sums, vectors along the output channels.
void add_unit(const WeightGradJob& job, std::int64_t unit, std::int64_t group, GradWorkspace& w, float* sums) {
  const auto& [x, grad, g, units, taps] = job;
  const Field field = units.field(direct::input_field(g), unit);
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t blocks = ceil_div(o, lanes);
  const std::int64_t first_row = units.first_row(unit);
  const std::int64_t image = units.first_image(unit);
  const std::int64_t outputs = field.images * field.rows * field.columns;
  const std::int64_t plane = image * g.groups + group;
  copy_field(x + plane * field.channels * g.in_h * g.in_w, g.in_channels * g.in_h * g.in_w, field, first_row,
             w.data.data());
  for (std::int64_t i = 0; i < field.images * blocks; ++i) {
    const std::int64_t b = i % blocks;
    const float* from = grad + ((plane + i / blocks * g.groups) * o + b * lanes) * g.out_h * g.out_w;
    float* to = w.dy.data() + (b * outputs + i / blocks * field.rows * field.columns) * lanes;
    gather_columns(from + first_row * g.out_w, g.out_h * g.out_w, std::min(lanes, o - b * lanes),
                   field.rows * field.columns, [&](std::int64_t p, Vec v) HWY_ATTR { store(v, to + p * lanes); });
  }
  std::int64_t* place = w.places.data();
  for (std::int64_t r = 0; r < field.images * field.rows; ++r) {
    const std::int64_t row = r / field.rows * field.image_size() + r % field.rows * field.width();
    for (std::int64_t j = 0; j < field.columns; ++j) *place++ = row + j;
  }
  add_products(w.data.data(), w.taps(field, taps), {w.places.data(), outputs}, w.dy.data(), blocks, sums);
}

/// The same with vectors along the outputs: sums [o][k].
void add_unit_by_dots(const WeightGradJob& job, std::int64_t unit, std::int64_t group, GradWorkspace& w, float* sums) {
  const auto& [x, grad, g, units, taps] = job;
  const Field field = units.field(direct::input_field(g), unit);
  Field of_grad = field;
  of_grad.channels = g.out_channels / g.groups;
  of_grad.vertical = {g.out_h, 0, 1, field.vertical.reach};
  of_grad.horizontal = {g.out_w, 0, 1, field.horizontal.reach};
  const std::int64_t plane = units.first_image(unit) * g.groups + group;
  const std::int64_t first_row = units.first_row(unit);
  copy_field(x + plane * field.channels * g.in_h * g.in_w, g.in_channels * g.in_h * g.in_w, field, first_row,
             w.data.data());
  std::fill_n(w.data.data() + field.size(), lanes, 0.0F);  // these meet zeros, and must be numbers
  copy_field(grad + plane * of_grad.channels * g.out_h * g.out_w, g.out_channels * g.out_h * g.out_w, of_grad,
             first_row, w.dy.data());
  add_all_dots(w.data.data(), w.taps(field, taps), w.dy.data(), of_grad.channel_size(), of_grad.channels, field.span(),
               sums);
}

void WeightGrad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  const WeightGradJob job(x, grad, g);
  const FieldUnits& units = job.units;
  const std::int64_t o = job.channels();
  const bool by_dots = o < lanes / 2;
  const std::int64_t padded = by_dots ? o : round_up(o, lanes);
  const std::int64_t sums = padded * g.depth();  // of one group
  const std::int64_t work = units.together * units.strip_rows * g.out_w * g.out_channels * g.depth();
  const std::int64_t most = std::max<std::int64_t>(1, units.count() * work / task_work);
  const std::int64_t parts = std::clamp<std::int64_t>(std::min<std::int64_t>(16, most), 1, units.count());
  Scratch<float> partial(parts * g.groups * sums);
  parallel_for(parts, 1, [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    const Field largest = units.field(direct::input_field(g), 0);
    GradWorkspace w{Scratch<float>(largest.size() + 2 * lanes), Scratch<float>(padded * largest.phase_size() + lanes),
                    Scratch<std::int64_t>(g.depth()), Scratch<std::int64_t>(largest.phase_size())};
    for (std::int64_t part = begin; part < end; ++part) {
      for (std::int64_t group = 0; group < g.groups; ++group) {
        float* to = partial.data() + (group * parts + part) * sums;
        std::fill_n(to, sums, 0.0F);
        for (std::int64_t unit = part * units.count() / parts; unit < (part + 1) * units.count() / parts; ++unit) {
          if (by_dots) add_unit_by_dots(job, unit, group, w, to);
          else add_unit(job, unit, group, w, to);
        }
      }
    }
  });
  for (std::int64_t group = 0; group < g.groups; ++group) {
    float* to = dw + group * o * g.depth();
    const float* from = partial.data() + group * parts * sums;
    if (!by_dots) {
      add_weight_parts(from, parts, o, g.depth(), to);
      continue;
    }
    std::copy_n(from, sums, to);
    for (std::int64_t part = 1; part < parts; ++part) {
      for (std::int64_t i = 0; i < sums; ++i) to[i] += from[part * sums + i];
    }
  }
}

}  // namespace
}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace reel::kernels::direct {

HWY_EXPORT(WeightGrad);

void weight_grad(const float* x, const float* grad, float* dw, const Conv2dGeometry& g) {
  HWY_DYNAMIC_DISPATCH(WeightGrad)(x, grad, dw, g);
}

}  // namespace reel::kernels::direct
#endif
