#include <algorithm>
#include <cmath>
#include <reel/core/kernels/interpolate.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/simd.h>

// What weighs nothing is not read: an infinity there would make a NaN.

namespace reel::kernels {
namespace {

/// to = (1 - weight) first + weight second
template <class T>
REEL_SIMD void mix_rows(const T* __restrict first, const T* __restrict second, T weight, T* __restrict to,
                        std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] = (1 - weight) * first[i] + weight * second[i];
}

template <class T>
REEL_SIMD void add_scaled_row(T* __restrict to, const T* __restrict from, T scale, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] += scale * from[i];
}

}  // namespace

Samples nearest_samples(std::int64_t in, std::int64_t out, double step, DType dtype) {
  Samples samples;
  visit_floats("interpolate", dtype, [&]<class T>(T) {
    for (std::int64_t i = 0; i < out; ++i) {
      const auto at = static_cast<std::int64_t>(std::floor(static_cast<T>(i) * static_cast<T>(step)));
      samples.push_back({std::min(at, in - 1), std::min(at, in - 1), 0});
    }
  });
  return samples;
}

Samples linear_samples(std::int64_t in, std::int64_t out, double step, bool align_corners, DType dtype) {
  Samples samples;
  visit_floats("interpolate", dtype, [&]<class T>(T) {
    const T half = align_corners ? T{0} : T{0.5};
    for (std::int64_t i = 0; i < out; ++i) {
      const T place = std::max(T{0}, static_cast<T>(step) * (static_cast<T>(i) + half) - half);
      const std::int64_t first = std::min(static_cast<std::int64_t>(std::floor(place)), in - 1);
      const T weight = std::clamp(place - static_cast<T>(first), T{0}, T{1});
      samples.push_back({first, std::min(first + 1, in - 1), weight});
    }
  });
  return samples;
}

Tensor interpolate(const Tensor& planes, const Samples& down, const Samples& across) {
  const Tensor x = planes.contiguous();
  const std::int64_t h = x.size(2);
  const std::int64_t w = x.size(3);
  const std::int64_t out_h = std::ssize(down);
  const std::int64_t out_w = std::ssize(across);
  Tensor out = planes_of(x, out_h, out_w);
  visit_floats("interpolate", x.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    for_some_planes(x, std::max(h * w, out_h * out_w), [&](std::int64_t begin, std::int64_t end) {
      Scratch<T> mixed(w);
      T* pixel = to + begin * out_h * out_w;
      for (std::int64_t p = begin; p < end; ++p) {
        const T* plane = from + p * h * w;
        for (const Sample& rows : down) {
          const T* row = plane + rows.first * w;
          if (rows.weight != 0) {
            mix_rows(row, plane + rows.second * w, static_cast<T>(rows.weight), mixed.data(), w);
            row = mixed.data();
          }
          for (const Sample& s : across) {
            const T weight = static_cast<T>(s.weight);
            *pixel++ = weight == 0 ? row[s.first] : (1 - weight) * row[s.first] + weight * row[s.second];
          }
        }
      }
    });
  });
  return out;
}

Tensor interpolate_adjoint(const Tensor& grad, const Samples& down, const Samples& across, std::int64_t h,
                           std::int64_t w) {
  const Tensor gy = grad.contiguous();
  Tensor out = planes_of(gy, h, w);
  const std::int64_t out_area = gy.size(2) * gy.size(3);
  visit_floats("interpolate", gy.dtype(), [&]<class T>(T) {
    const T* from = gy.data<T>();
    T* to = out.mutable_data<T>();
    for_some_planes(gy, std::max(h * w, out_area), [&](std::int64_t begin, std::int64_t end) {
      Scratch<T> mixed(w);
      const T* pixel = from + begin * out_area;
      for (std::int64_t p = begin; p < end; ++p) {
        T* plane = to + p * h * w;
        std::fill_n(plane, h * w, T{0});
        for (const Sample& rows : down) {
          T* row = mixed.data();
          std::fill_n(row, w, T{0});
          for (const Sample& s : across) {
            const T weight = static_cast<T>(s.weight);
            row[s.first] += (1 - weight) * *pixel;
            if (weight != 0) row[s.second] += weight * *pixel;
            ++pixel;
          }
          add_scaled_row(plane + rows.first * w, row, 1 - static_cast<T>(rows.weight), w);
          if (rows.weight != 0) add_scaled_row(plane + rows.second * w, row, static_cast<T>(rows.weight), w);
        }
      }
    });
  });
  return out;
}

}  // namespace reel::kernels
