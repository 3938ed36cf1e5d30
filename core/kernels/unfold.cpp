#include <algorithm>
#include <reel/core/kernels/im2col.h>
#include <reel/core/kernels/unfold.h>
#include <reel/core/parallel.h>

namespace reel::kernels {
namespace {

/// Calls `f(image, column)` with the places where the images begin, and their columns.
template <class F>
void for_each_image(const Conv2dGeometry& g, const F& f) {
  const std::int64_t pixels = g.in_channels * g.in_h * g.in_w;
  const std::int64_t numbers = g.depth() * g.out_h * g.out_w;
  parallel_for(g.batch, std::max<std::int64_t>(1, (1 << 15) / std::max<std::int64_t>(1, numbers)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t n = begin; n < end; ++n) f(n * pixels, n * numbers);
               });
}

}  // namespace

Tensor unfold(const Tensor& x, const Conv2dGeometry& g) {
  const Tensor images = x.contiguous();
  Tensor columns = Tensor::empty({g.batch, g.depth(), g.out_h * g.out_w}, x.dtype());
  visit_floats("unfold", x.dtype(), [&]<class T>(T) {
    const T* from = images.data<T>();
    T* to = columns.mutable_data<T>();
    for_each_image(g, [&](std::int64_t image, std::int64_t column) {
      im2col(from + image, g, {g.in_channels, 0, g.out_h}, to + column);
    });
  });
  return columns;
}

Tensor fold(const Tensor& columns, const Conv2dGeometry& g) {
  const Tensor patches = columns.contiguous();
  Tensor images = Tensor::zeros(g.input_shape(), columns.dtype());
  visit_floats("fold", columns.dtype(), [&]<class T>(T) {
    const T* from = patches.data<T>();
    T* to = images.mutable_data<T>();
    for_each_image(g, [&](std::int64_t image, std::int64_t column) {
      col2im(from + column, g, {g.in_channels, 0, g.out_h}, to + image);
    });
  });
  return images;
}

}  // namespace reel::kernels
