#include <reel/core/kernels/max_pool_choice.h>
#include <reel/core/kernels/max_pool_two.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/simd.h>

namespace reel::kernels {
namespace {

/// Where pixel `choice` of window i lies in a plane of rows of w pixels.
std::int64_t place_of(std::int64_t i, std::int64_t choice, std::int64_t w) {
  const std::int64_t out_w = w / 2;
  return (2 * (i / out_w) + choice / 2) * w + 2 * (i % out_w) + choice % 2;
}

template <class T>
void pool_plane(const T* plane, Activation activation, T* out, std::uint8_t* choice, std::int64_t h, std::int64_t w) {
  if constexpr (sizeof(T) == 4) {
    if (has_fast_vectors()) return two_by_two::pool_choosing(plane, activation, out, choice, h, w);
  }
  for (std::int64_t i = 0; i < h / 2 * (w / 2); ++i) {
    choice[i] = 0;
    out[i] = plane[place_of(i, 0, w)];
    for (std::uint8_t k = 1; k < 4; ++k) {
      const T pixel = plane[place_of(i, k, w)];
      if (pixel <= out[i] || out[i] != out[i]) continue;
      choice[i] = k;
      out[i] = pixel;
    }
    if (activation == Activation::none) continue;
    if (out[i] <= 0) choice[i] = no_choice;
    if (out[i] < 0) out[i] = 0;
  }
}

template <class T>
void spread_plane(const T* grad, const std::uint8_t* choice, T* to, std::int64_t h, std::int64_t w) {
  if constexpr (sizeof(T) == 4) {
    if (has_fast_vectors()) return two_by_two::spread_to_choice(grad, choice, to, h, w);
  }
  std::fill_n(to, h * w, T{0});
  for (std::int64_t i = 0; i < h / 2 * (w / 2); ++i) {
    if (choice[i] != no_choice) to[place_of(i, choice[i], w)] = grad[i];
  }
}

}  // namespace

Pooled Pooled::empty(const Shape& planes, DType dtype) {
  const Shape shape{planes[0], planes[1], planes[2] / 2, planes[3] / 2};
  return {Tensor::empty(shape, dtype), Tensor::empty(shape, uint8)};
}

void pool_choosing(const Tensor& planes, Activation activation, Pooled& to, std::int64_t first) {
  const std::int64_t h = planes.size(2);
  const std::int64_t w = planes.size(3);
  const std::int64_t area = h / 2 * (w / 2);
  visit_floats("max_pool2d", planes.dtype(), [&]<class T>(T) {
    const T* from = planes.data<T>();
    T* out = to.output.mutable_data<T>() + first * planes.size(1) * area;
    std::uint8_t* choice = to.choice.mutable_data<std::uint8_t>() + first * planes.size(1) * area;
    for_each_plane(planes, h * w, [&](std::int64_t p) {
      pool_plane(from + p * h * w, activation, out + p * area, choice + p * area, h, w);
    });
  });
}

Tensor spread_to_choice(const Tensor& grad, const Tensor& choice, std::int64_t h, std::int64_t w) {
  const Tensor gy = grad.contiguous();
  Tensor out = planes_of(gy, h, w);
  const std::int64_t area = h / 2 * (w / 2);
  visit_floats("max_pool2d", gy.dtype(), [&]<class T>(T) {
    const T* from = gy.data<T>();
    const std::uint8_t* chosen = choice.data<std::uint8_t>();
    T* to = out.mutable_data<T>();
    for_each_plane(gy, h * w,
                   [&](std::int64_t p) { spread_plane(from + p * area, chosen + p * area, to + p * h * w, h, w); });
  });
  return out;
}

Tensor pick_choice(const Tensor& planes, const Tensor& choice) {
  const Tensor source = planes.contiguous();
  Tensor out = planes_of(source, choice.size(2), choice.size(3));
  const std::int64_t w = planes.size(3);
  const std::int64_t pixels = planes.size(2) * w;
  const std::int64_t area = choice.size(2) * choice.size(3);
  visit_floats("max_pool2d", planes.dtype(), [&]<class T>(T) {
    const T* from = source.data<T>();
    const std::uint8_t* chosen = choice.data<std::uint8_t>();
    T* to = out.mutable_data<T>();
    for_each_plane(planes, pixels, [&](std::int64_t p) {
      for (std::int64_t i = p * area; i < (p + 1) * area; ++i) {
        to[i] = chosen[i] == no_choice ? T{0} : from[p * pixels + place_of(i - p * area, chosen[i], w)];
      }
    });
  });
  return out;
}

}  // namespace reel::kernels
