#include <algorithm>
#include <reel/core/kernels/pool.h>
#include <reel/core/kernels/pool_loops.h>
#include <reel/core/simd.h>

namespace reel::kernels {
namespace {

template <class T>
REEL_SIMD void add_strided(T* __restrict to, std::int64_t step_to, const T* __restrict from, std::int64_t step_from,
                           Inside in, T scale) {
  for (std::int64_t i = in.begin; i < in.end; ++i) to[i * step_to] += scale * from[i * step_from];
}

/// The windows of an adaptive pooling along one axis.
Inside adaptive_window(std::int64_t i, std::int64_t in, std::int64_t out) {
  return {i * in / out, ((i + 1) * in + out - 1) / out};
}

/// Calls `f(oh, ow, rows, columns)` for every window of an adaptive pooling.
template <class F>
void for_each_adaptive_window(std::int64_t h, std::int64_t w, std::int64_t out_h, std::int64_t out_w, const F& f) {
  for (std::int64_t oh = 0; oh < out_h; ++oh) {
    for (std::int64_t ow = 0; ow < out_w; ++ow)
      f(oh * out_w + ow, adaptive_window(oh, h, out_h), adaptive_window(ow, w, out_w));
  }
}

}  // namespace

Pool2dGeometry pool2d_geometry(std::string_view op, const Shape& input, const Pool2dOptions& options) {
  require<ShapeError>(input.rank() == 4, op, "input wants shape [N, C, H, W], got ", input);
  const Pair kernel = options.kernel_size;
  const Pair stride = options.stride == Pair(0) ? kernel : options.stride;
  require<ValueError>(2 * options.padding.h <= kernel.h && 2 * options.padding.w <= kernel.w, op, "padding ",
                      options.padding, " is more than half of kernel size ", kernel);
  // Else a window may have all of its taps in the padding, and nothing to choose from.
  const auto holds_pixel = [](std::int64_t in, std::int64_t pad, std::int64_t dilation) {
    return pad == 0 || in >= dilation;
  };
  require<ShapeError>(holds_pixel(input[2], options.padding.h, options.dilation.h) &&
                          holds_pixel(input[3], options.padding.w, options.dilation.w),
                      op, "input ", input, " is smaller than dilation ", options.dilation, " with padding ",
                      options.padding);
  const auto h = place_window(op, "height", input[2], kernel.h, stride.h, options.dilation.h, options.padding.h);
  const auto w = place_window(op, "width", input[3], kernel.w, stride.w, options.dilation.w, options.padding.w);
  return {.in_h = input[2],
          .in_w = input[3],
          .out_h = h.out,
          .out_w = w.out,
          .kernel_h = kernel.h,
          .kernel_w = kernel.w,
          .stride_h = stride.h,
          .stride_w = stride.w,
          .dilation_h = options.dilation.h,
          .dilation_w = options.dilation.w,
          .pad_top = h.pad_begin,
          .pad_left = w.pad_begin};
}

Tensor avg_pool2d(const Tensor& input, const Pool2dGeometry& g) {
  const Tensor x = input.contiguous();
  Tensor out = planes_of(x, g.out_h, g.out_w);
  visit_floats("avg_pool2d", x.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    const T scale = T{1} / static_cast<T>(g.kernel_h * g.kernel_w);
    for_each_plane(x, g.in_h * g.in_w, [&](std::int64_t p) {
      for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
        T* row = to + (p * g.out_h + oh) * g.out_w;
        std::fill_n(row, g.out_w, T{0});
        for_each_tap(g, oh, [&](std::int64_t at, Inside in, std::int64_t) {
          add_strided(row, 1, from + p * g.in_h * g.in_w + at, g.stride_w, in, scale);
        });
      }
    });
  });
  return out;
}

Tensor avg_pool2d_adjoint(const Tensor& grad, const Pool2dGeometry& g) {
  const Tensor gy = grad.contiguous();
  Tensor out = planes_of(gy, g.in_h, g.in_w);
  visit_floats("avg_pool2d", gy.dtype(), [&]<class T>(T) {
    const T* from = gy.data<T>();
    T* to = out.mutable_data<T>();
    const T scale = T{1} / static_cast<T>(g.kernel_h * g.kernel_w);
    for_each_plane(gy, g.in_h * g.in_w, [&](std::int64_t p) {
      T* plane = to + p * g.in_h * g.in_w;
      std::fill_n(plane, g.in_h * g.in_w, T{0});
      for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
        const T* row = from + (p * g.out_h + oh) * g.out_w;
        for_each_tap(g, oh, [&](std::int64_t at, Inside in, std::int64_t) {
          add_strided(plane + at, g.stride_w, row, 1, in, scale);
        });
      }
    });
  });
  return out;
}

Tensor adaptive_avg_pool2d(const Tensor& input, Pair output_size) {
  const Tensor x = input.contiguous();
  const std::int64_t h = x.shape()[2];
  const std::int64_t w = x.shape()[3];
  Tensor out = planes_of(x, output_size.h, output_size.w);
  visit_floats("adaptive_avg_pool2d", x.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    for_each_plane(x, h * w, [&](std::int64_t p) {
      for_each_adaptive_window(h, w, output_size.h, output_size.w, [&](std::int64_t at, Inside rows, Inside columns) {
        T total = 0;
        for (std::int64_t r = rows.begin; r < rows.end; ++r) {
          for (std::int64_t c = columns.begin; c < columns.end; ++c) total += from[(p * h + r) * w + c];
        }
        const auto count = static_cast<T>((rows.end - rows.begin) * (columns.end - columns.begin));
        to[p * output_size.h * output_size.w + at] = total / count;
      });
    });
  });
  return out;
}

Tensor adaptive_avg_pool2d_adjoint(const Tensor& grad, std::int64_t h, std::int64_t w) {
  const Tensor gy = grad.contiguous();
  Tensor out = planes_of(gy, h, w);
  const std::int64_t out_h = gy.shape()[2];
  const std::int64_t out_w = gy.shape()[3];
  visit_floats("adaptive_avg_pool2d", gy.dtype(), [&]<class T>(T) {
    const T* from = gy.data<T>();
    T* to = out.mutable_data<T>();
    for_each_plane(gy, h * w, [&](std::int64_t p) {
      std::fill_n(to + p * h * w, h * w, T{0});
      for_each_adaptive_window(h, w, out_h, out_w, [&](std::int64_t at, Inside rows, Inside columns) {
        const auto count = static_cast<T>((rows.end - rows.begin) * (columns.end - columns.begin));
        const T share = from[p * out_h * out_w + at] / count;
        for (std::int64_t r = rows.begin; r < rows.end; ++r) {
          for (std::int64_t c = columns.begin; c < columns.end; ++c) to[(p * h + r) * w + c] += share;
        }
      });
    });
  });
  return out;
}

}  // namespace reel::kernels
