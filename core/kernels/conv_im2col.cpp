#include <algorithm>
#include <reel/core/kernels/conv.h>
#include <reel/core/kernels/gemm.h>
#include <reel/core/kernels/im2col.h>
#include <reel/core/parallel.h>
#include <reel/core/simd.h>
#include <reel/core/storage.h>

// Letters as in Conv2dGeometry; with c = C/G and o = O/G for one group, K = c*KH*KW (the depth) and P = the pixels of a
// tile of output rows. An image's tile of columns is (K, P).

namespace reel::kernels {
namespace {

constexpr std::int64_t tile_bytes = 768 << 10;  // columns of one tile: fits in L2 with the weight beside it
constexpr std::int64_t least_rows = 4;          // thinner tiles waste BLAS's packing
constexpr std::int64_t task_work = 1 << 20;     // multiply-adds that make a task worth handing to a thread
constexpr std::int64_t weight_grad_parts = 16;  // partial sums of a weight gradient

/// How an image's output rows are cut into tiles.
struct Tiling {
  std::int64_t rows;
  std::int64_t tiles;
};

template <class T>
Tiling tiling(const Conv2dGeometry& g, std::int64_t depth) {
  const std::int64_t row_bytes = std::max<std::int64_t>(1, depth * g.out_w * static_cast<std::int64_t>(sizeof(T)));
  const std::int64_t rows = std::clamp(tile_bytes / row_bytes, std::min(least_rows, g.out_h), g.out_h);
  return {rows, (g.out_h + rows - 1) / rows};
}

/// A 1x1 convolution of stride 1 without padding reads the image itself as its column matrix.
bool is_pointwise(const Conv2dGeometry& g) {
  return g.kernel_h == 1 && g.kernel_w == 1 && g.stride_h == 1 && g.stride_w == 1 && g.out_h == g.in_h &&
         g.out_w == g.in_w;
}

/// Scratch memory for one task's columns, from the pool.
template <class T>
class Columns {
 public:
  Columns(std::int64_t depth, std::int64_t pixels) : storage_(static_cast<std::size_t>(depth * pixels) * sizeof(T)) {}
  [[nodiscard]] T* data() { return reinterpret_cast<T*>(storage_.data()); }

 private:
  Storage storage_;
};

/// One group of one image, and the tile of output rows that a task works on.
struct Unit {
  std::int64_t image, group, row_begin, row_end;
};

Unit unit_at(std::int64_t index, const Conv2dGeometry& g, Tiling tiles) {
  const std::int64_t row = index % tiles.tiles * tiles.rows;
  const std::int64_t plane = index / tiles.tiles;
  return {plane / g.groups, plane % g.groups, row, std::min(row + tiles.rows, g.out_h)};
}

std::int64_t grain(std::int64_t unit_work) {
  return std::max<std::int64_t>(1, task_work / std::max<std::int64_t>(1, unit_work));
}

/// The column matrix (K, P) of a unit: the image itself where that is one, else unrolled into `scratch`.
template <class T>
Matrix<T> columns_of(const T* input, const Conv2dGeometry& g, const Unit& u, T* scratch) {
  const std::int64_t c = g.in_channels / g.groups;
  const T* image = input + (u.image * g.in_channels + u.group * c) * g.in_h * g.in_w;
  if (is_pointwise(g)) return {image + u.row_begin * g.out_w, g.in_h * g.in_w};
  im2col(image, g, {c, u.row_begin, u.row_end}, scratch);
  return {scratch, (u.row_end - u.row_begin) * g.out_w};
}

template <class T>
void forward(const T* x, const T* w, const T* bias, T* y, const Conv2dGeometry& g) {
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t depth = g.depth();
  const std::int64_t area = g.out_h * g.out_w;
  const Tiling tiles = tiling<T>(g, depth);
  const std::int64_t work = o * depth * tiles.rows * g.out_w;
  parallel_for(g.batch * g.groups * tiles.tiles, grain(work), [&](std::int64_t begin, std::int64_t end) {
    Columns<T> scratch(is_pointwise(g) ? 0 : depth, tiles.rows * g.out_w);
    for (std::int64_t i = begin; i < end; ++i) {
      const Unit u = unit_at(i, g, tiles);
      const std::int64_t pixels = (u.row_end - u.row_begin) * g.out_w;
      T* out = y + (u.image * g.out_channels + u.group * o) * area + u.row_begin * g.out_w;
      for (std::int64_t k = 0; bias != nullptr && k < o; ++k) {
        std::fill_n(out + k * area, pixels, bias[u.group * o + k]);
      }
      // (o, K) x (K, P) -> (o, P)
      gemm<T>(o, pixels, depth, {w + u.group * o * depth, depth}, columns_of(x, g, u, scratch.data()),
              bias != nullptr ? T{1} : T{0}, out, area);
    }
  });
}

/// How many input channels a task of the input gradient takes: all of them, unless there are too few images to go
/// round.
std::int64_t channel_block(const Conv2dGeometry& g) {
  const std::int64_t c = g.in_channels / g.groups;
  const std::int64_t blocks = std::clamp<std::int64_t>(16 / std::max<std::int64_t>(1, g.batch * g.groups), 1, c);
  return std::max<std::int64_t>((c + blocks - 1) / blocks, std::min<std::int64_t>(c, 8));
}

/// The gradient of one block of channels of one image, tile by tile: its columns, then back onto the pixels.
template <class T>
void input_grad_block(const T* grad, const T* w, T* dx, const Conv2dGeometry& g, std::int64_t channels, Tiling tiles,
                      T* scratch) {
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t area = g.out_h * g.out_w;
  const std::int64_t depth = channels * g.kernel_h * g.kernel_w;
  if (is_pointwise(g)) {  // (c, o) x (o, P) -> (c, P)
    return gemm<T>(channels, area, o, {w, g.depth(), true}, {grad, area}, 0, dx, area);
  }
  std::fill_n(dx, channels * g.in_h * g.in_w, T{0});
  for (std::int64_t row = 0; row < g.out_h; row += tiles.rows) {
    const std::int64_t row_end = std::min(row + tiles.rows, g.out_h);
    const std::int64_t pixels = (row_end - row) * g.out_w;
    // (K, o) x (o, P) -> (K, P)
    gemm<T>(depth, pixels, o, {w, g.depth(), true}, {grad + row * g.out_w, area}, 0, scratch, pixels);
    col2im(scratch, g, {channels, row, row_end}, dx);
  }
}

template <class T>
void input_grad(const T* grad, const T* w, T* dx, const Conv2dGeometry& g) {
  const std::int64_t c = g.in_channels / g.groups;
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t taps = g.kernel_h * g.kernel_w;
  const std::int64_t block = channel_block(g);
  const std::int64_t blocks = (c + block - 1) / block;
  const Tiling tiles = tiling<T>(g, block * taps);
  const std::int64_t work = o * block * taps * g.out_h * g.out_w;
  parallel_for(g.batch * g.groups * blocks, grain(work), [&](std::int64_t begin, std::int64_t end) {
    Columns<T> scratch(is_pointwise(g) ? 0 : block * taps, tiles.rows * g.out_w);
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t first = i % blocks * block;
      const std::int64_t plane = i / blocks;
      const std::int64_t group = plane % g.groups;
      input_grad_block(grad + plane * o * g.out_h * g.out_w, w + group * o * g.depth() + first * taps,
                       dx + (plane * c + first) * g.in_h * g.in_w, g, std::min(block, c - first), tiles,
                       scratch.data());
    }
  });
}

template <class T>
REEL_SIMD void add_to(T* __restrict total, const T* __restrict part, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) total[i] += part[i];
}

/// The tiles of all images are dealt, in order, to partial sums whose number the shapes fix, and which are added in
/// their order: more accurate than one long sum, and the same bits for any number of threads.
template <class T>
void weight_grad(const T* x, const T* grad, T* dw, const Conv2dGeometry& g) {
  const std::int64_t o = g.out_channels / g.groups;
  const std::int64_t depth = g.depth();
  const std::int64_t area = g.out_h * g.out_w;
  const std::int64_t weights = g.out_channels * depth;
  const Tiling tiles = tiling<T>(g, depth);
  const std::int64_t units = g.batch * tiles.tiles;  // of all groups
  const std::int64_t in_part =
      std::max((units + weight_grad_parts - 1) / weight_grad_parts, grain(weights * tiles.rows * g.out_w));
  const std::int64_t parts = (units + in_part - 1) / in_part;
  Columns<T> partial(std::max<std::int64_t>(0, parts - 1), weights);
  parallel_for(units, in_part, [&](std::int64_t begin, std::int64_t end) {
    Columns<T> scratch(is_pointwise(g) ? 0 : depth, tiles.rows * g.out_w);
    T* sum = begin == 0 ? dw : partial.data() + (begin / in_part - 1) * weights;
    for (std::int64_t i = begin; i < end; ++i) {
      for (std::int64_t group = 0; group < g.groups; ++group) {
        const std::int64_t plane = i / tiles.tiles * g.groups + group;
        const Unit u = unit_at(plane * tiles.tiles + i % tiles.tiles, g, tiles);
        const T* out = grad + (u.image * g.out_channels + group * o) * area + u.row_begin * g.out_w;
        Matrix<T> columns = columns_of(x, g, u, scratch.data());
        columns.transposed = true;
        // (o, P) x (P, K) -> (o, K)
        gemm<T>(o, depth, (u.row_end - u.row_begin) * g.out_w, {out, area}, columns, i == begin ? T{0} : T{1},
                sum + group * o * depth, depth);
      }
    }
  });
  parallel_for(weights, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t p = 0; p + 1 < parts; ++p) add_to(dw + begin, partial.data() + p * weights + begin, end - begin);
  });
}

}  // namespace

namespace im2col_blas {

Tensor conv2d_forward(const Tensor& input, const Tensor& weight, const Tensor& bias, const Conv2dGeometry& geometry) {
  const Tensor x = input.contiguous();
  const Tensor w = weight.contiguous();
  const Tensor b = bias.defined() ? bias.contiguous() : bias;
  Tensor y = Tensor::empty(geometry.output_shape(), input.dtype());
  if (y.numel() == 0) return y;
  visit_floats("conv2d", input.dtype(), [&]<class T>(T) {
    forward(x.data<T>(), w.data<T>(), b.defined() ? b.data<T>() : nullptr, y.mutable_data<T>(), geometry);
  });
  return y;
}

Tensor conv2d_input_grad(const Tensor& grad, const Tensor& weight, const Conv2dGeometry& geometry) {
  const Tensor gy = grad.contiguous();
  const Tensor w = weight.contiguous();
  if (numel(geometry.input_shape()) == 0 || gy.numel() == 0) return Tensor::zeros(geometry.input_shape(), grad.dtype());
  Tensor dx = Tensor::empty(geometry.input_shape(), grad.dtype());
  visit_floats("conv2d_input_grad", grad.dtype(),
               [&]<class T>(T) { input_grad(gy.data<T>(), w.data<T>(), dx.mutable_data<T>(), geometry); });
  return dx;
}

Tensor conv2d_weight_grad(const Tensor& input, const Tensor& grad, const Conv2dGeometry& geometry) {
  const Tensor x = input.contiguous();
  const Tensor gy = grad.contiguous();
  // With no images, channels or pixels there is nothing to sum.
  if (gy.numel() == 0 || geometry.depth() == 0) return Tensor::zeros(geometry.weight_shape(), input.dtype());
  Tensor dw = Tensor::empty(geometry.weight_shape(), input.dtype());
  visit_floats("conv2d_weight_grad", input.dtype(),
               [&]<class T>(T) { weight_grad(x.data<T>(), gy.data<T>(), dw.mutable_data<T>(), geometry); });
  return dw;
}

}  // namespace im2col_blas
}  // namespace reel::kernels
