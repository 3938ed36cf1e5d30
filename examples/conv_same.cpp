// A convolution with padding "same": a picture of 256 x 256 pixels stays one, whatever the kernel's size.

#include <iostream>
#include <reel/reel.h>

#include "no_options.h"

using namespace reel;

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "A convolution with padding 'same'.")) return *code;
  try {
    nn::Conv2d conv({.in_channels = 3, .out_channels = 16, .kernel_size = 3, .padding = "same"});
    const Tensor picture = uniform({1, 3, 256, 256});  // one image, three channels, 256 rows of 256 pixels
    const Variable maps = conv(picture);               // no Tape is alive, so nothing is recorded: this is inference

    std::cout << conv << '\n'
              << "weight  " << conv.weight().shape() << "  16 filters of 3 channels and 3 x 3 taps\n"
              << "bias    " << conv.bias().shape() << '\n'
              << "input   " << picture.shape() << '\n'
              << "output  " << maps.shape() << "  one ring of zeros around the input keeps 256 x 256\n";
    return maps.shape() == Shape{1, 16, 256, 256} ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "conv_same: " << error.what() << '\n';
    return 1;
  }
}
