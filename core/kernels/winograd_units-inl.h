// How Winograd's convolution is cut into work. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_WINOGRAD_UNITS_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_WINOGRAD_UNITS_INL_H
#undef REEL_CORE_KERNELS_WINOGRAD_UNITS_INL_H
#else
#define REEL_CORE_KERNELS_WINOGRAD_UNITS_INL_H
#endif

#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/planes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

constexpr std::int64_t input_bytes = 400 << 10;  // of V: beside M it fits into a second-level cache of 1 MiB

HWY_INLINE std::int64_t blocks_of(std::int64_t channels) { return ceil_div(channels, lanes); }
/// How many channels block b has.
HWY_INLINE std::int64_t in_block(std::int64_t b, std::int64_t channels) {
  return std::min(lanes, channels - b * lanes);
}

/// A rectangle of tiles of one image, and how many tiles of its unit come before. A tile is Side x Side outputs.
template <int Side>
struct Strip {
  std::int64_t image, row, column, rows, columns, first;
  /// The pixels that it writes, or with two more rows and columns, those that it reads.
  [[nodiscard]] Window output() const { return {Side * row, Side * column, Side * rows, Side * columns}; }
  [[nodiscard]] Window input(const Conv2dGeometry& g) const {
    return {Side * row - g.pad_top, Side * column - g.pad_left, Side * rows + 2, Side * columns + 2};
  }
};

/// How the output is cut into tiles, and these into units of work: a strip of an image's tiles, or some whole images.
template <int Side>
struct Units {
  std::int64_t images, rows, columns, strip_rows, strip_columns, down, across, together;

  Units(const Conv2dGeometry& g, std::int64_t least_tiles)
      : images(g.batch), rows(ceil_div(g.out_h, Side)), columns(ceil_div(g.out_w, Side)) {
    const std::int64_t tile_bytes = 4 * (Side + 2) * (Side + 2) * round_up(g.in_channels, lanes);
    const std::int64_t wanted = std::clamp<std::int64_t>(input_bytes / tile_bytes, least_tiles, 128);
    across = ceil_div(columns, wanted);
    strip_columns = ceil_div(columns, across);
    down = ceil_div(rows, std::max<std::int64_t>(1, wanted / strip_columns));
    strip_rows = ceil_div(rows, down);
    together = down * across == 1 ? std::clamp<std::int64_t>(wanted / (rows * columns), 1, images) : 1;
  }

  [[nodiscard]] std::int64_t count() const { return ceil_div(images, together) * down * across; }
  [[nodiscard]] std::int64_t most_tiles() const { return together * strip_rows * strip_columns; }
  [[nodiscard]] std::int64_t most_pixels() const { return (Side * strip_rows + 2) * (Side * strip_columns + 2); }

  /// Calls `f(strip)` for the strips of a unit, and returns the number of its tiles.
  template <class F>
  std::int64_t each_strip(std::int64_t unit, const F& f) const {
    const std::int64_t column = unit % across * strip_columns;
    const std::int64_t row = unit / across % down * strip_rows;
    const std::int64_t image = unit / (across * down) * together;
    const std::int64_t wide = std::min(strip_columns, columns - column);
    const std::int64_t high = std::min(strip_rows, rows - row);
    std::int64_t tiles = 0;
    if (high <= 0 || wide <= 0) return 0;  // the last strips may be empty where rows don't divide well
    for (std::int64_t i = image; i < std::min(images, image + together); ++i, tiles += high * wide) {
      f(Strip<Side>{i, row, column, high, wide, tiles});
    }
    return tiles;
  }
};

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
