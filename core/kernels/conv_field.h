#pragma once

#include <algorithm>
#include <cstdint>
#include <reel/core/kernels/conv.h>
#include <vector>

/// How the direct convolution lays out what it reads.
namespace reel::kernels::direct {

/// One axis of an image that is copied with its padding. What the padded image holds at i * stride + r is element i of
/// phase r; a tap then is a shift within one phase, and neighbouring outputs read neighbouring elements.
struct FieldAxis {
  std::int64_t in;  // elements of the image; they begin at `pad` of the padded one, which may cut some off
  std::int64_t pad;
  std::int64_t stride;
  std::int64_t reach;  // how far the largest shift goes
};

/// A tap as a shift within a phase. It is the same for all fields of a convolution.
struct FieldTap {
  std::int64_t channel, phase, row, column;
};

/// A part of some images: what is read for `rows` rows of outputs with `columns` columns each.
/// It is laid out [channel][row phase][column phase][image][row][column].
struct Field {
  FieldAxis vertical, horizontal;
  std::int64_t channels, images, rows, columns;

  [[nodiscard]] std::int64_t height() const { return rows + vertical.reach; }
  [[nodiscard]] std::int64_t width() const { return columns + horizontal.reach; }
  [[nodiscard]] std::int64_t image_size() const { return height() * width(); }
  [[nodiscard]] std::int64_t phase_size() const { return images * image_size(); }
  [[nodiscard]] std::int64_t channel_size() const { return vertical.stride * horizontal.stride * phase_size(); }
  [[nodiscard]] std::int64_t size() const { return channels * channel_size(); }
  /// The elements from the first output to the last, with the gaps between rows and images.
  [[nodiscard]] std::int64_t span() const { return (images - 1) * image_size() + (rows - 1) * width() + columns; }
  /// The tap that lies at (row, column) of the padded image.
  [[nodiscard]] FieldTap tap(std::int64_t channel, std::int64_t row, std::int64_t column) const {
    return {channel, row % vertical.stride * horizontal.stride + column % horizontal.stride, row / vertical.stride,
            column / horizontal.stride};
  }
  /// Where each tap is read for the first output.
  void offsets(const std::vector<FieldTap>& taps, std::int64_t* to) const {
    for (const FieldTap& t : taps)
      *to++ = t.channel * channel_size() + t.phase * phase_size() + t.row * width() + t.column;
  }
};

/// The field of one image's input, of one group.
[[nodiscard]] inline Field input_field(const Conv2dGeometry& g) {
  return {{g.in_h, g.pad_top, g.stride_h, (g.kernel_h - 1) * g.dilation_h / g.stride_h},
          {g.in_w, g.pad_left, g.stride_w, (g.kernel_w - 1) * g.dilation_w / g.stride_w},
          g.in_channels / g.groups,
          1,
          g.out_h,
          g.out_w};
}

/// The taps of one group, in the order of its weight.
[[nodiscard]] inline std::vector<FieldTap> forward_taps(const Conv2dGeometry& g) {
  const Field field = input_field(g);
  const std::int64_t area = g.kernel_h * g.kernel_w;
  std::vector<FieldTap> taps;
  taps.reserve(static_cast<std::size_t>(g.depth()));
  for (std::int64_t k = 0; k < g.depth(); ++k) {
    taps.push_back(field.tap(k / area, k % area / g.kernel_w * g.dilation_h, k % g.kernel_w * g.dilation_w));
  }
  return taps;
}

inline constexpr std::int64_t task_work = 1 << 19;  // multiply-adds that make a task worth handing to a thread

/// How the outputs are cut into units of work: some rows of an image, or some images.
struct FieldUnits {
  std::int64_t images, rows, together = 1, strip_rows, strips;

  /// `field` is that of one image. Units get some `outputs` or more, and a field that is small beside a second-level
  /// cache and spans few pages: every tap of every channel is a place of its own to read from.
  explicit FieldUnits(std::int64_t batch, Field field, std::int64_t outputs = 256)
      : images(batch), rows(field.rows), strip_rows(field.rows) {
    constexpr std::int64_t floats = std::int64_t{48} << 10;
    while (field.size() > floats && field.rows * field.width() > outputs &&
           field.rows > std::max<std::int64_t>(1, field.vertical.reach)) {
      field.rows = (field.rows + 1) / 2;
    }
    strip_rows = field.rows;
    strips = (rows + strip_rows - 1) / strip_rows;
    if (strips == 1)
      together = std::min(2 * outputs / std::max<std::int64_t>(1, field.image_size()),
                          floats / std::max<std::int64_t>(1, field.size()));
    together = std::clamp<std::int64_t>(together, 1, std::max<std::int64_t>(1, images));
  }
  [[nodiscard]] std::int64_t count() const { return (images + together - 1) / together * strips; }
  [[nodiscard]] std::int64_t first_image(std::int64_t unit) const { return unit / strips * together; }
  [[nodiscard]] std::int64_t first_row(std::int64_t unit) const { return unit % strips * strip_rows; }
  /// The field of a unit, from that of one image.
  [[nodiscard]] Field field(Field whole, std::int64_t unit) const {
    whole.images = std::min(together, images - first_image(unit));
    whole.rows = std::min(strip_rows, rows - first_row(unit));
    return whole;
  }
};

}  // namespace reel::kernels::direct
