// A linear layer over complex numbers, z = W x with W and x complex, built of real ops: so its gradients come by
// themselves, and are right to every order. It learns the discrete Fourier transform of 8 points from examples.

#include <cmath>
#include <iostream>
#include <numbers>
#include <reel/reel.h>

#include "no_options.h"

using namespace reel;

namespace {

/// x [N, in, 2], real and imaginary parts -> [N, out, 2].
/// Parameters: weight_re, weight_im [out, in], with half of a real layer's variance each.
struct ComplexLinear : nn::Module {
  ComplexLinear(std::int64_t in, std::int64_t out)
      : re(parameter("weight_re", normal({out, in}, 0, std::sqrt(0.5 / static_cast<double>(in))))),
        im(parameter("weight_im", normal({out, in}, 0, std::sqrt(0.5 / static_cast<double>(in))))) {}

  Variable forward(const Variable& x) override {
    require<ShapeError>(x.rank() == 3 && x.size(1) == re.size(1) && x.size(2) == 2, "ComplexLinear", "wants x [N, ",
                        re.size(1), ", 2], got ", x.shape());
    const Variable a = select(x, 2, 0);
    const Variable b = select(x, 2, 1);
    return stack({linear(a, re) - linear(b, im), linear(a, im) + linear(b, re)}, 2);
  }

  const Variable& re;
  const Variable& im;
};

/// The matrix that the layer is to find: exp(-2 pi i j k / n) / sqrt(n), as [n, n, 2].
Tensor fourier(std::int64_t n) {
  Tensor matrix = Tensor::zeros({n, n, 2});
  float* at = matrix.mutable_data<float>();
  for (std::int64_t j = 0; j < n; ++j) {
    for (std::int64_t k = 0; k < n; ++k) {
      const double angle = -2 * std::numbers::pi * static_cast<double>(j * k) / static_cast<double>(n);
      *at++ = static_cast<float>(std::cos(angle) / std::sqrt(static_cast<double>(n)));
      *at++ = static_cast<float>(std::sin(angle) / std::sqrt(static_cast<double>(n)));
    }
  }
  return matrix;
}

void run() {
  constexpr std::int64_t points = 8;
  manual_seed(1);
  const Tensor wanted = fourier(points);
  ComplexLinear truth(points, points);
  truth.load_state_dict({{"weight_re", wanted.select(2, 0)}, {"weight_im", wanted.select(2, 1)}});

  ComplexLinear layer(points, points);
  optim::Adam optimizer(layer.parameters(), {.lr = 0.02});
  for (int step = 0; step <= 400; ++step) {
    const Tensor signal = normal({32, points, 2});
    Tape tape;
    const Variable loss = mse_loss(layer(signal), truth(signal).detach());
    if (step % 100 == 0) std::cout << "step " << step << ": loss " << loss.item() << '\n';
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
  }
  const Tensor found = stack({layer.re.value(), layer.im.value()}, 2);
  std::cout << "largest difference from the Fourier matrix: " << max(abs(found - wanted)).item() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "A complex linear layer learns the Fourier transform.")) {
    return *code;
  }
  try {
    run();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "complex_linear: " << error.what() << '\n';
    return 1;
  }
}
