// The sums of the direct convolution. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_DIRECT_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_DIRECT_INL_H
#undef REEL_CORE_KERNELS_DIRECT_INL_H
#else
#define REEL_CORE_KERNELS_DIRECT_INL_H
#endif

#include <reel/core/kernels/epilogue-inl.h>
#include <reel/core/kernels/field-inl.h>
#include <reel/core/kernels/planes-inl.h>
#include <reel/core/kernels/scratch.h>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// Where the outputs of a pass go along one axis: first, first + step, ...
struct Target {
  std::int64_t first, step, count;
};

/// Which way the vectors of a pass lie.
enum class Along { channels, outputs, rows };

/// One sum over taps, y[o][p] = sum over k of weight[o][k] * field[offset of tap k + p], for some of an image's
/// outputs.
struct Pass {
  Target rows, columns;
  std::vector<direct::FieldTap> taps = {};
  const float* weight = nullptr;  // [output channel of all groups][tap]
  Along along = Along::outputs;
  const float* panels = nullptr;  // along channels: [group][block of output channels][tap][lane]

  [[nodiscard]] std::int64_t depth() const { return static_cast<std::int64_t>(taps.size()); }
};

/// The image of one group that passes write.
struct Output {
  std::int64_t channels, height, width;
  [[nodiscard]] std::int64_t area() const { return height * width; }
};

/// What a task works in: the field, sums on their way out, and where a pass reads its taps.
struct DirectWorkspace {
  Scratch<float> data, sums;
  Scratch<std::int64_t> offsets;
};

/// A pass over one field: the group's part of weight and ends, the output of the field's first image and group, and how
/// far the next image is.
struct FieldPass {
  const Field& field;
  std::int64_t first_row;
  const Pass& pass;
  std::int64_t group;
  ChannelEnds ends;  // of the group
  const Output& out;
  float* y;
  std::int64_t image_step;

  [[nodiscard]] std::int64_t rows() const { return std::min(field.rows, pass.rows.count - first_row); }
  [[nodiscard]] float* output_row(std::int64_t image, std::int64_t channel, std::int64_t row) const {
    return y + image * image_step + channel * out.area() +
           (pass.rows.first + (first_row + row) * pass.rows.step) * out.width + pass.columns.first;
  }
};

/// A tile of `Rows` channels and one or two vectors of outputs. Not inlined: the registers hold the sums and all
/// pointers, and nothing besides.
template <int Rows, int Blocks>
HWY_NOINLINE void sum_row_tile(const float* weight, const float* field, const std::int64_t* offset, std::int64_t depth,
                               const ChannelEnds& ends, float* y, std::int64_t area) {
  multiply_through<Rows, Blocks>([&](std::int64_t i) HWY_ATTR { return weight + i * depth; },
                                 [](std::int64_t k) HWY_ATTR { return k; },
                                 [&](std::int64_t k) HWY_ATTR { return field + offset[k]; }, depth, ends, y, area);
}

/// Vectors along the outputs of each row, written as they are summed: for the channels [begin, end).
HWY_INLINE void sum_along_rows(const FieldPass& f, std::int64_t begin, std::int64_t end, DirectWorkspace& w) {
  const std::int64_t depth = f.pass.depth();
  const std::int64_t columns = f.pass.columns.count;
  for (std::int64_t r = 0; r < f.field.images * f.rows(); ++r) {
    const std::int64_t image = r / f.rows();
    const std::int64_t row = r % f.rows();
    const float* from = w.data.data() + image * f.field.image_size() + row * f.field.width();
    for_each_tile(end - begin, tile_rows, [&](std::int64_t first, std::int64_t some) HWY_ATTR {
      const std::int64_t o = begin + first;
      const float* weight = f.pass.weight + (f.group * f.out.channels + o) * depth;
      for (std::int64_t next = 0; next < columns; next += 2 * lanes) {
        const std::int64_t vectors = columns - next > lanes ? 2 : 1;
        const std::int64_t j = std::min(next, columns - vectors * lanes);  // goes back over some that are done
        float* to = f.output_row(image, o, row) + j;
        with_rows(some, [&]<int Rows>() HWY_ATTR {
          const auto sum = vectors == 2 ? sum_row_tile<Rows, 2> : sum_row_tile<Rows, 1>;
          sum(weight, from + j, w.offsets.data(), depth, f.ends.from(o), to, f.out.area());
        });
      }
    });
  }
}

/// n sums on their way out, in vectors as long as there are some; the last goes back over some that are done.
HWY_INLINE void write_run(const float* from, std::int64_t n, const ChannelEnd& finish, float* to, std::int64_t step) {
  if (step == 1 && n >= lanes) {
    for (std::int64_t next = 0; next < n; next += lanes) {
      const std::int64_t j = std::min(next, n - lanes);
      store(finish(load(from + j)), to + j);
    }
    return;
  }
  HWY_ALIGN float values[lanes];
  for (std::int64_t j = 0; j < n; j += lanes) {
    store(finish(load(from + j)), values);  // the workspace has room for the last vector
    for (std::int64_t i = 0; i < std::min(lanes, n - j); ++i) to[(j + i) * step] = values[i];
  }
}

/// Vectors along the outputs of all rows and the gaps between them: for the channels [begin, end), a tile at a time.
HWY_INLINE void sum_along_outputs(const FieldPass& f, std::int64_t begin, std::int64_t end, DirectWorkspace& w) {
  const std::int64_t* offset = w.offsets.data();
  const std::int64_t depth = f.pass.depth();
  const std::int64_t span = f.field.span();
  const std::int64_t pitch = round_up(span, 2 * lanes);
  const Target& columns = f.pass.columns;
  for_each_tile(end - begin, tile_rows, [&](std::int64_t first, std::int64_t some) HWY_ATTR {
    const std::int64_t o = begin + first;
    const float* weight = f.pass.weight + (f.group * f.out.channels + o) * depth;
    for (std::int64_t next = 0; next < span; next += 2 * lanes) {
      // The last vectors go back over some that are done, so that nothing beyond the field is read, unless the span is
      // shorter than two vectors: the workspace has room for these.
      const std::int64_t p = std::min(next, std::max<std::int64_t>(0, span - 2 * lanes));
      const float* data = w.data.data() + p;
      multiply_some<2>(
          some, [&](std::int64_t i) HWY_ATTR { return weight + i * depth; }, [](std::int64_t k) HWY_ATTR { return k; },
          [&](std::int64_t k) HWY_ATTR { return data + offset[k]; }, lanes, depth, w.sums.data() + p, pitch, lanes);
    }
    for (std::int64_t i = 0; i < some; ++i) {
      const ChannelEnd finish = first_end(f.ends.from(o + i));
      for (std::int64_t r = 0; r < f.field.images * f.rows(); ++r) {
        const std::int64_t image = r / f.rows();
        const std::int64_t row = r % f.rows();
        const float* from = w.sums.data() + i * pitch + image * f.field.image_size() + row * f.field.width();
        write_run(from, columns.count, finish, f.output_row(image, o + i, row), columns.step);
      }
    }
  });
}

/// Writes sums [output][lane] of a block of channels, row by row or as one run where that is what they are.
HWY_INLINE void write_block(const FieldPass& f, std::int64_t channel, const float* sums) {
  const std::int64_t count = std::min(lanes, f.out.channels - channel);
  const Target& columns = f.pass.columns;
  const ChannelEnd finish = block_end(f.ends.from(channel), count);
  const auto get = [&](std::int64_t i) HWY_ATTR { return finish(load(sums + i * lanes)); };
  const bool is_run = columns.step == 1 && columns.count == f.out.width && f.pass.rows.step == 1;
  const std::int64_t rows = is_run ? 1 : f.rows();
  const std::int64_t length = is_run ? f.rows() * columns.count : columns.count;
  for (std::int64_t r = 0; r < f.field.images * rows; ++r, sums += length * lanes) {
    float* to = f.output_row(r / rows, channel, r % rows);
    if (columns.step == 1) {
      scatter_columns(get, to, f.out.area(), count, length);
      continue;
    }
    HWY_ALIGN float values[lanes];
    for (std::int64_t i = 0; i < length; ++i) {
      store(get(i), values);
      for (std::int64_t k = 0; k < count; ++k) to[k * f.out.area() + i * columns.step] = values[k];
    }
  }
}

/// Vectors along the output channels: for the blocks [begin, end) of them, a tile of outputs at a time.
HWY_INLINE void sum_along_channels(const FieldPass& f, std::int64_t begin, std::int64_t end, DirectWorkspace& w) {
  const std::int64_t* offset = w.offsets.data();
  const std::int64_t depth = f.pass.depth();
  const std::int64_t in_row = f.pass.columns.count;
  const std::int64_t rows = f.field.images * f.rows();
  const std::int64_t outputs = rows * in_row;
  const std::int64_t blocks = ceil_div(f.out.channels, lanes);
  const auto at = [&](std::int64_t k) HWY_ATTR { return offset[k]; };
  for (std::int64_t b = begin; b < end; b += 2) {
    const float* panel = f.pass.panels + (f.group * blocks + b) * depth * lanes;
    const auto panel_row = [&](std::int64_t k) HWY_ATTR { return panel + k * lanes; };
    for (std::int64_t r = 0; r < rows; ++r) {
      const float* from = w.data.data() + r / f.rows() * f.field.image_size() + r % f.rows() * f.field.width();
      for_each_tile(in_row, tile_rows, [&](std::int64_t p, std::int64_t some) HWY_ATTR {
        const float* tile = from + p;
        const auto row = [&](std::int64_t i) HWY_ATTR { return tile + i; };
        float* to = w.sums.data() + (r * in_row + p) * lanes;
        const std::int64_t next = depth * lanes;
        if (b + 1 < end) multiply_some<2>(some, row, at, panel_row, next, depth, to, lanes, outputs * lanes);
        else multiply_some<1>(some, row, at, panel_row, next, depth, to, lanes, outputs * lanes);
      });
    }
    for (std::int64_t i = b; i < std::min(end, b + 2); ++i) {
      write_block(f, i * lanes, w.sums.data() + (i - b) * outputs * lanes);
    }
  }
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
