// Between planes of pixels, as tensors hold them, and blocks of channels in the lanes of a vector. Read once for each
// instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_PLANES_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_PLANES_INL_H
#undef REEL_CORE_KERNELS_PLANES_INL_H
#else
#define REEL_CORE_KERNELS_PLANES_INL_H
#endif

#include <reel/core/kernels/lanes-inl.h>
#include <reel/core/parallel.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

/// Where a rectangle of pixels begins in the planes of an image, and its size; it may reach over the edges.
struct Window {
  std::int64_t top, left, height, width;
};

/// Planes of `count` <= lanes channels, `area` = height * width apart.
struct Planes {
  std::int64_t height, width, count;
  [[nodiscard]] std::int64_t area() const { return height * width; }
};

/// Calls `run(h, w, from, n)` for runs of n pixels of a window that lie in the planes one after the other, `from` their
/// place in a plane; the first lies at (h, w) of the window. Narrow planes are one run, wide ones a run for each row.
template <class Run>
HWY_INLINE void for_each_run(const Planes& planes, const Window& window, const Run& run) {
  const std::int64_t top = std::max<std::int64_t>(0, window.top);
  const std::int64_t bottom = std::min(planes.height, window.top + window.height);
  const std::int64_t left = std::max<std::int64_t>(0, window.left);
  const std::int64_t right = std::min(planes.width, window.left + window.width);
  if (top >= bottom || left >= right) return;
  if (right - left == planes.width && planes.width < lanes) {
    return run(top - window.top, left - window.left, top * planes.width, (bottom - top) * planes.width);
  }
  for (std::int64_t h = top; h < bottom; ++h) {
    run(h - window.top, left - window.left, h * planes.width + left, right - left);
  }
}

/// A window of planes -> pixels[height][width][lanes], with zeros beyond the edges and for missing channels.
HWY_INLINE void pack(const float* from, const Planes& planes, const Window& window, float* pixels) {
  const bool is_inside = window.top >= 0 && window.left >= 0 && window.top + window.height <= planes.height &&
                         window.left + window.width <= planes.width;
  if (!is_inside) std::fill_n(pixels, window.height * window.width * lanes, 0.0F);
  for_each_run(planes, window, [&](std::int64_t h, std::int64_t w, std::int64_t at, std::int64_t n) HWY_ATTR {
    float* to = pixels + (h * window.width + w) * lanes;
    const std::int64_t skipped = (window.width - planes.width) * lanes;  // between the rows of a run of several
    const bool is_row = n <= planes.width;
    gather_columns(from + at, planes.area(), planes.count, n, [&](std::int64_t i, Vec v) HWY_ATTR {
      store(v, to + i * lanes + (is_row ? 0 : i / planes.width * skipped));
    });
  });
}

/// The way back, for what of the window lies inside.
HWY_INLINE void unpack(const float* pixels, const Planes& planes, const Window& window, float* to) {
  for_each_run(planes, window, [&](std::int64_t h, std::int64_t w, std::int64_t at, std::int64_t n) HWY_ATTR {
    const float* from = pixels + (h * window.width + w) * lanes;
    const std::int64_t skipped = (window.width - planes.width) * lanes;
    const bool is_row = n <= planes.width;
    const auto get = [&](std::int64_t i)
                         HWY_ATTR { return load(from + i * lanes + (is_row ? 0 : i / planes.width * skipped)); };
    scatter_columns(get, to + at, planes.area(), planes.count, n);
  });
}

/// Adds up partial sums of a weight gradient, in their order, and writes them weight by weight. A part holds
/// [block of channels][depth][lanes]; dw is [channels][depth].
HWY_INLINE void add_weight_parts(const float* partial, std::int64_t parts, std::int64_t channels, std::int64_t depth,
                                 float* dw) {
  const std::int64_t blocks = ceil_div(channels, lanes);
  const std::int64_t part_size = blocks * depth * lanes;
  parallel_for(blocks, ceil_div(1 << 14, parts * depth), [&](std::int64_t begin, std::int64_t end) HWY_ATTR {
    for (std::int64_t b = begin; b < end; ++b) {
      const float* sums = partial + b * depth * lanes;
      const auto total = [&](std::int64_t k) HWY_ATTR {
        Vec sum = load(sums + k * lanes);
        for (std::int64_t part = 1; part < parts; ++part) sum = hn::Add(sum, load(sums + part * part_size + k * lanes));
        return sum;
      };
      scatter_columns(total, dw + b * lanes * depth, depth, std::min(lanes, channels - b * lanes), depth);
    }
  });
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
