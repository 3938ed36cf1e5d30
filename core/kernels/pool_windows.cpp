#include <reel/core/kernels/pool_loops.h>
#include <reel/core/kernels/pool_windows.h>
#include <reel/core/kernels/scratch.h>
#include <reel/core/simd.h>

namespace reel::kernels {

using std::ssize;

namespace {

std::vector<PoolWindow> average_axis(std::string_view op, std::string_view axis, std::int64_t in,
                                     const AvgPool1dOptions& o) {
  const std::int64_t stride = o.stride == 0 ? o.kernel_size : o.stride;
  const WindowAxis place = place_pool_window(
      op, axis, in, {.kernel_size = o.kernel_size, .stride = stride, .padding = o.padding, .ceil_mode = o.ceil_mode});
  std::vector<PoolWindow> windows;
  for (std::int64_t i = 0; i < place.out; ++i) {
    const std::int64_t begin = i * stride - o.padding;
    const std::int64_t end = std::min(begin + o.kernel_size, in + o.padding);  // what lies beyond never counts
    PoolWindow window{std::max<std::int64_t>(0, begin), std::min(end, in), end - begin};
    if (!o.count_include_pad) window.count = window.end - window.begin;
    windows.push_back(window);
  }
  return windows;
}

std::vector<PoolWindow> adaptive_axis(std::int64_t in, std::int64_t out) {
  std::vector<PoolWindow> windows;
  for (std::int64_t i = 0; i < out; ++i) {
    const std::int64_t begin = i * in / out;
    const std::int64_t end = ((i + 1) * in + out - 1) / out;
    windows.push_back({begin, end, end - begin});
  }
  return windows;
}

template <class T>
REEL_SIMD void add_row(T* __restrict to, const T* __restrict from, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) to[i] += from[i];
}

/// The sums of the columns of a window of rows, which those of all windows in it are made of.
template <class T>
void sum_columns(const T* plane, std::int64_t width, const PoolWindow& rows, T* columns) {
  std::copy_n(plane + rows.begin * width, width, columns);
  for (std::int64_t h = rows.begin + 1; h < rows.end; ++h) add_row(columns, plane + h * width, width);
}

void require_output(std::string_view op, const Shape& input, const Pair& output_size) {
  require<ValueError>(output_size.h >= 1 && output_size.w >= 1, op, "output size must be at least 1, got ",
                      output_size);
  require<ShapeError>(input[2] >= 1 && input[input.rank() - 1] >= 1, op, "input ", input, " has no pixels");
}

}  // namespace

PoolWindows average_windows(std::string_view op, const Shape& input, const AvgPool2dOptions& o) {
  require<ShapeError>(input.rank() == 4, op, "input wants shape [N, C, H, W], got ", input);
  const Pair stride = o.stride == Pair(0) ? o.kernel_size : o.stride;
  return {
      input[2], input[3],
      average_axis(op, "height", input[2], {o.kernel_size.h, stride.h, o.padding.h, o.ceil_mode, o.count_include_pad}),
      average_axis(op, "width", input[3], {o.kernel_size.w, stride.w, o.padding.w, o.ceil_mode, o.count_include_pad})};
}

PoolWindows average_windows(std::string_view op, const Shape& input, const AvgPool1dOptions& o) {
  require<ShapeError>(input.rank() == 3, op, "input wants shape [N, C, L], got ", input);
  return {1, input[2], {{0, 1, 1}}, average_axis(op, "length", input[2], o)};
}

PoolWindows adaptive_windows(std::string_view op, const Shape& input, const Pair& output_size) {
  require<ShapeError>(input.rank() == 4, op, "input wants shape [N, C, H, W], got ", input);
  require_output(op, input, output_size);
  return {input[2], input[3], adaptive_axis(input[2], output_size.h), adaptive_axis(input[3], output_size.w)};
}

PoolWindows adaptive_windows(std::string_view op, const Shape& input, std::int64_t output_size) {
  require<ShapeError>(input.rank() == 3, op, "input wants shape [N, C, L], got ", input);
  require_output(op, input, output_size);
  return {1, input[2], {{0, 1, 1}}, adaptive_axis(input[2], output_size)};
}

Tensor mean_of_windows(const Tensor& planes, const PoolWindows& windows) {
  const Tensor x = planes.contiguous();
  Tensor out = planes_of(x, ssize(windows.down), ssize(windows.across));
  const std::int64_t area = windows.h * windows.w;
  const std::int64_t out_area = ssize(windows.down) * ssize(windows.across);
  visit_floats("avg_pool2d", x.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    T* to = out.mutable_data<T>();
    for_some_planes(x, area, [&](std::int64_t begin, std::int64_t end) {
      Scratch<T> columns(windows.w);
      T* mean = to + begin * out_area;
      for (std::int64_t p = begin; p < end; ++p) {
        for (const PoolWindow& rows : windows.down) {
          sum_columns(from + p * area, windows.w, rows, columns.data());
          for (const PoolWindow& some : windows.across) {
            T total = 0;
            for (std::int64_t w = some.begin; w < some.end; ++w) total += columns.data()[w];
            *mean++ = total / static_cast<T>(rows.count * some.count);
          }
        }
      }
    });
  });
  return out;
}

Tensor mean_of_windows_adjoint(const Tensor& grad, const PoolWindows& windows) {
  const Tensor gy = grad.contiguous();
  Tensor out = planes_of(gy, windows.h, windows.w);
  const std::int64_t area = windows.h * windows.w;
  const std::int64_t out_area = gy.size(2) * gy.size(3);
  visit_floats("avg_pool2d", gy.dtype(), [&]<class T>(T) {
    const T* from = gy.data<T>();
    T* to = out.mutable_data<T>();
    for_some_planes(gy, area, [&](std::int64_t begin, std::int64_t end) {
      Scratch<T> columns(windows.w);
      const T* next = from + begin * out_area;
      for (std::int64_t p = begin; p < end; ++p) {
        T* plane = to + p * area;
        std::fill_n(plane, area, T{0});
        for (const PoolWindow& rows : windows.down) {
          std::fill_n(columns.data(), windows.w, T{0});
          for (const PoolWindow& some : windows.across) {
            const T share = *next++ / static_cast<T>(rows.count * some.count);
            for (std::int64_t w = some.begin; w < some.end; ++w) columns.data()[w] += share;
          }
          for (std::int64_t h = rows.begin; h < rows.end; ++h)
            add_row(plane + h * windows.w, columns.data(), windows.w);
        }
      }
    });
  });
  return out;
}

Tensor largest_of_windows(const Tensor& planes, const PoolWindows& windows) {
  const Tensor x = planes.contiguous();
  const Shape shape{x.size(0), x.size(1), ssize(windows.down), ssize(windows.across)};
  Tensor out = Tensor::empty(shape, int64);
  auto* to = out.mutable_data<std::int64_t>();
  visit_floats("max_pool2d", x.dtype(), [&]<class T>(T) {
    const T* from = x.data<T>();
    for_each_plane(x, windows.h * windows.w, [&](std::int64_t p) {
      const T* plane = from + p * windows.h * windows.w;
      std::int64_t* place = to + p * shape[2] * shape[3];
      for (const PoolWindow& rows : windows.down) {
        for (const PoolWindow& some : windows.across) {
          std::int64_t best = rows.begin * windows.w + some.begin;
          for (std::int64_t h = rows.begin; h < rows.end; ++h) {
            for (std::int64_t i = h * windows.w + some.begin; i < h * windows.w + some.end; ++i) {
              if (!(plane[i] <= plane[best]) && plane[best] == plane[best]) best = i;
            }
          }
          *place++ = best;
        }
      }
    });
  });
  return out;
}

}  // namespace reel::kernels
