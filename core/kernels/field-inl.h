// Copies images into fields. Read once for each instruction set, as lanes-inl.h is.
#if defined(REEL_CORE_KERNELS_FIELD_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef REEL_CORE_KERNELS_FIELD_INL_H
#undef REEL_CORE_KERNELS_FIELD_INL_H
#else
#define REEL_CORE_KERNELS_FIELD_INL_H
#endif

#include <reel/core/kernels/conv_field.h>
#include <reel/core/kernels/inside.h>
#include <reel/core/kernels/lanes-inl.h>

HWY_BEFORE_NAMESPACE();
namespace reel::kernels::HWY_NAMESPACE {

using direct::Field;
using direct::FieldAxis;
using direct::FieldUnits;

/// Of `count` elements of a phase from element `first` on, those that lie in the image.
HWY_INLINE Inside inside_image(const FieldAxis& axis, std::int64_t phase, std::int64_t first, std::int64_t count) {
  return inside(first * axis.stride + phase - axis.pad, axis.stride, axis.in, count);
}

/// Zeros in whole vectors, and so beyond the end too.
HWY_INLINE void put_zeros(float* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; i += lanes) store(hn::Zero(Floats()), to + i);
}

/// One row of one column phase, of which `in` lies in the image. `source` is where element 0 would be, had it a place
/// there. Zeros may go beyond the row's end: what lies there is written later.
HWY_INLINE void copy_row(const float* source, std::int64_t stride, Inside in, std::int64_t width, float* to) {
  put_zeros(to, in.begin);
  put_zeros(to + in.end, width - in.end);
  std::int64_t i = in.begin;
  if (stride == 1) {
    const auto copy = [&](auto d, std::int64_t at) HWY_ATTR { hn::StoreU(hn::LoadU(d, source + at), d, to + at); };
    return for_each_vector(in.end - i, [&](auto d, std::int64_t at) HWY_ATTR { copy(d, i + at); });
  }
  if (stride == 2) {
    for (; i + lanes < in.end; i += lanes) {  // the last one apart: its vector reads one element too many
      Vec even;
      Vec odd;
      hn::LoadInterleaved2(Floats(), source + 2 * i, even, odd);
      store(even, to + i);
    }
  }
  for (; i < in.end; ++i) to[i] = source[i * stride];
}

/// Fills a field with planes of images that lie `image_step` apart; its outputs begin in row `first_row`. Writes up to
/// a vector beyond the field.
HWY_INLINE void copy_field(const float* from, std::int64_t image_step, const Field& field, std::int64_t first_row,
                           float* to) {
  const FieldAxis& v = field.vertical;
  const FieldAxis& h = field.horizontal;
  const std::int64_t width = field.width();
  for (std::int64_t c = 0; c < field.channels; ++c) {
    for (std::int64_t row_phase = 0; row_phase < v.stride; ++row_phase) {
      const Inside in = inside_image(v, row_phase, first_row, field.height());
      for (std::int64_t phase = 0; phase < h.stride; ++phase) {
        const Inside columns = inside_image(h, phase, 0, width);
        for (std::int64_t image = 0; image < field.images; ++image, to += field.image_size()) {
          const float* plane = from + image * image_step + c * v.in * h.in;
          std::fill(to, to + in.begin * width, 0.0F);
          std::fill(to + in.end * width, to + field.image_size(), 0.0F);
          for (std::int64_t i = in.begin; i < in.end; ++i) {
            const std::int64_t row = (first_row + i) * v.stride + row_phase - v.pad;
            copy_row(plane + row * h.in + phase - h.pad, h.stride, columns, width, to + i * width);
          }
        }
      }
    }
  }
}

}  // namespace reel::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
