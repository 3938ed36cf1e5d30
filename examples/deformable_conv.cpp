// A deformable convolution (Dai et al., 2017): each tap of the kernel reads where a second convolution tells it to,
// between pixels, by bilinear interpolation. Built of gather, arithmetic and matmul: where the four neighbours lie has
// no gradient, their weights have, and that is how the offsets learn.

#include <iostream>
#include <reel/reel.h>

#include "no_options.h"

using namespace reel;

namespace {

/// Values of x [N, C, H*W] at rows and columns [N, K] that are whole numbers; 0 outside of the picture.
Variable pixels_at(const Variable& x, const Tensor& row, const Tensor& column, std::int64_t height,
                   std::int64_t width) {
  const Tensor inside_row = clamp(row, 0, static_cast<double>(height - 1));
  const Tensor inside_column = clamp(column, 0, static_cast<double>(width - 1));
  const Tensor is_inside = eq(row, inside_row).to(x.dtype()) * eq(column, inside_column).to(x.dtype());
  const Tensor place = (inside_row * static_cast<double>(width) + inside_column).to(int64).unsqueeze(1);
  const Shape all{x.size(0), x.size(1), row.size(1)};
  return gather(x, 2, place.expand(all).contiguous()) * is_inside.unsqueeze(1);
}

/// Values of x [N, C, H, W] at rows and columns [N, K] between pixels -> [N, C, K].
Variable sample(const Variable& x, const Variable& row, const Variable& column) {
  const Tensor top = floor(row.value());
  const Tensor left = floor(column.value());
  const Variable down = row - top;  // how far below the upper neighbours
  const Variable right = column - left;
  const Variable flat = flatten(x, 2);
  const auto corner = [&](double lower, double later) {
    const Variable weight = (lower > 0 ? down : 1.0 - down) * (later > 0 ? right : 1.0 - right);
    return pixels_at(flat, top + lower, left + later, x.size(2), x.size(3)) * unsqueeze(weight, 1);
  };
  return corner(0, 0) + corner(0, 1) + corner(1, 0) + corner(1, 1);
}

/// x [N, in, H, W] -> [N, out, H, W], with a kernel of k x k taps, k odd.
/// Parameters: weight [out, in, k, k], bias [out], and offset.weight, offset.bias of the convolution that finds the
/// offsets, which start at 0: then it is a Conv2d with padding "same".
struct DeformableConv2d : nn::Module {
  DeformableConv2d(std::int64_t in, std::int64_t out, std::int64_t k)
      : weight(parameter("weight", nn::init::default_weight({out, in, k, k}))),
        bias(parameter("bias", nn::init::default_bias(out, weight.shape()))),
        offset(add("offset",
                   nn::Conv2d({.in_channels = in, .out_channels = 2 * k * k, .kernel_size = k, .padding = "same"}))) {
    for (const Variable& p : offset.parameters()) Tensor(p.value()).fill(0);
  }

  Variable forward(const Variable& x) override {
    const std::int64_t n = x.size(0);
    const std::int64_t pixels = x.size(2) * x.size(3);
    const std::int64_t taps = weight.size(2) * weight.size(3);
    // [N, 2, taps * pixels]: rows and columns, as far as each tap is moved.
    const Variable moved = reshape(offset(x), {n, 2, taps * pixels});
    const auto [rows, columns] = grid(x);
    const Variable columns_of_taps = sample(x, select(moved, 1, 0) + rows, select(moved, 1, 1) + columns);
    const Variable unfolded = reshape(columns_of_taps, {n, x.size(1) * taps, pixels});
    const Variable y = matmul(reshape(weight, {weight.size(0), -1}), unfolded);
    return reshape(y + unsqueeze(bias, 1), {n, weight.size(0), x.size(2), x.size(3)});
  }

  const Variable& weight;
  const Variable& bias;
  nn::Conv2d& offset;

 private:
  /// Rows and columns [taps * pixels] that the taps read where nothing is moved.
  std::pair<Tensor, Tensor> grid(const Variable& x) const {
    std::vector<double> rows;
    std::vector<double> columns;
    const std::int64_t k = weight.size(2);
    for (std::int64_t tap = 0; tap < k * k; ++tap) {
      for (std::int64_t pixel = 0; pixel < x.size(2) * x.size(3); ++pixel) {
        rows.push_back(static_cast<double>(pixel / x.size(3) + tap / k - k / 2));
        columns.push_back(static_cast<double>(pixel % x.size(3) + tap % k - k / 2));
      }
    }
    const Shape all{static_cast<std::int64_t>(rows.size())};
    return {Tensor::from<double>(rows, all).to(x.dtype()), Tensor::from<double>(columns, all).to(x.dtype())};
  }
};

void run() {
  manual_seed(1);
  DeformableConv2d layer(3, 8, 3);
  const Tensor picture = normal({2, 3, 12, 12});
  const Variable plain = conv2d(picture, layer.weight, layer.bias, {.padding = "same"});
  std::cout << layer << "\nwith offsets of 0 it is a convolution: largest difference "
            << max(abs(layer(picture).value() - plain.value())).item() << '\n';

  check_op([](const std::vector<Variable>& v) { return sample(v[0], v[1], v[2]); },
           {uniform({1, 2, 4, 5}, -1, 1, float64), uniform({1, 6}, 0.1, 0.9, float64) + 1.0,
            uniform({1, 6}, 0.1, 0.9, float64) + 2.0});
  std::cout << "the gradients of the sampling are right, those for the positions among them\n";

  // A picture moved by 1.5 pixels: only offsets can follow it.
  const Tensor target = ((plain.value().slice(3, 1, 11) + plain.value().slice(3, 2, 12)) * 0.5);
  optim::Adam optimizer(layer.offset.parameters(), {.lr = 0.02});
  for (int step = 0; step <= 200; ++step) {
    Tape tape;
    const Variable loss = mse_loss(slice(layer(picture), 3, 0, 10), target);
    if (step % 50 == 0) std::cout << "step " << step << ": loss " << loss.item() << '\n';
    tape.backward(loss);
    optimizer.step();
    layer.zero_grad();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "A deformable convolution.")) return *code;
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "deformable_conv: " << error.what() << '\n';
    return 1;
  }
}
