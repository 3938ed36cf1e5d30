// Padding "same" with a stride. PyTorch refuses it; Reel takes the definition of TensorFlow's SAME and ONNX's
// SAME_UPPER: out = ceil(in / stride), with as many zeros as that needs, and the odd one at the end.

#include <iostream>
#include <reel/reel.h>

#include "no_options.h"

using namespace reel;

/// The same convolution by hand: the zeros are put around the input, and the window stays inside ("valid").
Variable pad_then_convolve(const Tensor& x, const nn::Conv2d& conv, std::int64_t before, std::int64_t after) {
  Tensor padded = Tensor::zeros({x.size(0), x.size(1), before + x.size(2) + after, before + x.size(3) + after});
  padded.narrow(2, before, x.size(2)).narrow(3, before, x.size(3)).copy_from(x);
  return conv2d(padded, conv.weight(), conv.bias(), {.stride = 2, .padding = "valid", .dilation = 2});
}

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "Padding 'same' with a stride.")) return *code;
  try {
    nn::Conv2d first({.in_channels = 3, .out_channels = 16, .kernel_size = 3, .padding = "same"});
    nn::Conv2d second(
        {.in_channels = 16, .out_channels = 32, .kernel_size = 3, .stride = 2, .padding = "same", .dilation = 2});
    const Tensor x = first(uniform({1, 3, 256, 256})).value();
    const Tensor y = second(x).value();
    std::cout << second << '\n' << "input   " << x.shape() << '\n' << "output  " << y.shape() << "  ceil(256 / 2)\n";

    // Three taps, two pixels apart, reach over 5 pixels. The last of 128 windows starts 127 * 2 pixels after the first.
    const std::int64_t reach = 2 * (3 - 1) + 1;
    const std::int64_t zeros = 127 * 2 + reach - 256;
    const std::int64_t before = zeros / 2;
    const std::int64_t after = zeros - before;
    std::cout << "zeros   " << zeros << " along each axis: " << before << " before (top, left), " << after
              << " after (bottom, right)\n";

    const bool same =
        all_finite(y) && sum(ne(y, pad_then_convolve(x, second, before, after).value()).to(int64)).item() == 0;
    const bool mirrored_differs = max(abs(y - pad_then_convolve(x, second, after, before).value())).item() > 0;
    std::cout << "padded by hand with " << before << " and " << after << ", the output is "
              << (same ? "the same, bit for bit" : "another one") << "; with " << after << " and " << before
              << " it is " << (mirrored_differs ? "another one" : "the same") << '\n';
    return y.shape() == Shape{1, 32, 128, 128} && same && mirrored_differs ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "conv_strided_same: " << error.what() << '\n';
    return 1;
  }
}
