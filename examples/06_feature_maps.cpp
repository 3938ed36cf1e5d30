// What convolutions see in a photograph: classical filters, a first layer as trained networks grow it, and, with
// --load, the first layer of a network that was trained. All of them are conv2d with other weights. Writes one PNG.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <numbers>
#include <reel/reel.h>
#include <string>
#include <utility>
#include <vector>

#include "command_line.h"
#include "pictures.h"

namespace {

using namespace reel;
using namespace examples;

/// The signed response map [h, w], with its filter [channels, k, k] large in the corner: grey is 0.
Panel response(const std::string& caption, const Tensor& map, const Tensor& filter) {
  Panel panel{caption, signed_picture(map).clone()};
  const Tensor shades = filter / (2 * max(abs(filter)).item() + 1e-12) + 0.5;
  const Tensor look = enlarge(to_picture(shades), std::max<std::int64_t>(1, 40 / filter.size(1)));
  if (look.size(1) + 8 > map.size(0) || look.size(2) + 8 > map.size(1)) return panel;
  const std::int64_t y = map.size(0) - look.size(1) - 4;
  paste(panel.picture, Tensor::full({3, look.size(1) + 2, look.size(2) + 2}, 255, uint8), y - 1, 3);
  paste(panel.picture, look, y, 4);
  return panel;
}

// ---- The filters

/// [size, size], sum 1. The middle is the highest.
Tensor gaussian(std::int64_t size, double deviation) {
  const Tensor x = Tensor::arange(0, static_cast<double>(size)) - static_cast<double>(size - 1) / 2;
  const Tensor bell = exp(x * x / (-2 * deviation * deviation));
  const Tensor both = bell.unsqueeze(0) * bell.unsqueeze(1);
  return both / sum(both);
}

/// An edge detector as it is found in the first layer of trained networks, and in the visual cortex: waves that run in
/// the direction `degrees`, under a Gaussian (Gabor). [size, size], sum 0.
Tensor gabor(std::int64_t size, double degrees) {
  const double angle = degrees * std::numbers::pi / 180;
  const Tensor x = Tensor::arange(0, static_cast<double>(size)) - static_cast<double>(size - 1) / 2;
  const Tensor along = x.unsqueeze(0) * std::cos(angle) + x.unsqueeze(1) * std::sin(angle);
  const Tensor waves = sin(along * (2 * std::numbers::pi / 7)) * gaussian(size, 2.2);
  return (waves - mean(waves)) / sum(abs(waves));
}

// What a filter takes of red, green and blue: [3, 1, 1].
Tensor luminance() { return Tensor::of({0.299, 0.587, 0.114}, {3, 1, 1}); }
Tensor all_alike() { return Tensor::full({3, 1, 1}, 1.0 / 3); }
Tensor red_or_green() { return Tensor::of({0.5, -0.5, 0}, {3, 1, 1}); }
Tensor yellow_or_blue() { return Tensor::of({0.25, 0.25, -0.5}, {3, 1, 1}); }

// ---- The panels. Convolutions are "valid", so that no edge of zeros around the photograph shows up in the maps.

std::vector<Panel> classical_filters(const Tensor& photo) {
  const Tensor grey = conv2d(photo, luminance().unsqueeze(0)).value();  // 1 x 1 taps: a weighted sum of the channels
  const Tensor sobel = Tensor::of({-1, 0, 1, -2, 0, 2, -1, 0, 1}, {3, 3}) / 8;
  const Tensor edges = conv2d(grey, stack({sobel, sobel.transpose(0, 1)}).unsqueeze(1)).value();  // 2 maps
  const Tensor x = edges.select(0, 0).select(0, 0);
  const Tensor y = edges.select(0, 0).select(0, 1);
  const Tensor strength = sqrt(x * x + y * y);
  const Tensor laplace = Tensor::of({1, 2, 1, 2, -12, 2, 1, 2, 1}, {1, 1, 3, 3}) / 12;

  // groups = channels: every channel is filtered by itself.
  const Tensor blur = gaussian(13, 2.5).expand({3, 1, 13, 13});
  const Tensor sharpen = Tensor::of({0, -1, 0, -1, 5, -1, 0, -1, 0}, {3, 3}).expand({3, 1, 3, 3});
  const auto each_channel = [&](const Tensor& weight) {
    return to_picture(conv2d(photo, weight, {}, {.groups = 3}).value().select(0, 0));
  };
  return {{"photograph", to_picture(photo.select(0, 0))},
          {"grey: 1x1, 3 to 1", to_picture(grey.select(0, 0))},
          {"Gaussian blur 13x13", each_channel(blur)},
          {"sharpen 3x3", each_channel(sharpen)},
          response("Sobel x", x, sobel.unsqueeze(0)),
          response("Sobel y", y, sobel.transpose(0, 1).unsqueeze(0)),
          {"length of (x, y)", to_picture((strength / (5 * mean(strength).item() + 1e-12)).unsqueeze(0))},
          response("Laplace", conv2d(grey, laplace).value().select(0, 0).select(0, 0), laplace.select(0, 0))};
}

std::vector<Panel> filter_bank(const Tensor& photo) {
  const Tensor blob = gaussian(11, 2.2);
  const std::vector<std::pair<std::string, Tensor>> filters{{"edges at 0 degrees", all_alike() * gabor(11, 0)},
                                                            {"edges at 45", all_alike() * gabor(11, 45)},
                                                            {"edges at 90", all_alike() * gabor(11, 90)},
                                                            {"edges at 135", all_alike() * gabor(11, 135)},
                                                            {"red or green", red_or_green() * blob},
                                                            {"yellow or blue", yellow_or_blue() * blob},
                                                            {"red-green at 45", red_or_green() * gabor(11, 45)},
                                                            {"yellow-blue at 90", yellow_or_blue() * gabor(11, 90)}};
  std::vector<Tensor> weights;
  for (const auto& [name, filter] : filters) weights.push_back(filter);
  nn::Conv2d layer({.in_channels = 3, .out_channels = 8, .kernel_size = 11, .bias = false});
  layer.load_state_dict({{"weight", stack(weights)}});
  const Tensor maps = layer(photo).value();
  std::vector<Panel> panels;
  for (std::int64_t i = 0; const auto& [name, filter] : filters) {
    panels.push_back(response(name, maps.select(0, 0).select(0, i++), filter));
  }
  return panels;
}

/// The first weight of the file that is a convolution of 1 (grey) or 3 channels, without its bias.
std::vector<Panel> trained_layer(const Tensor& photo, const std::string& path) {
  for (const auto& [key, weight] : io::load_safetensors(path).tensors) {
    if (weight.rank() != 4 || (weight.size(1) != 1 && weight.size(1) != 3)) continue;
    const Tensor input = weight.size(1) == 3 ? photo : conv2d(photo, luminance().unsqueeze(0)).value();
    const Tensor maps = conv2d(input - mean(input), weight).value();  // centred, as networks are fed
    std::vector<Panel> panels;
    for (std::int64_t i = 0; i < maps.size(1); ++i) {
      panels.push_back(response(concat(key, " ", i), maps.select(0, 0).select(0, i), weight.select(0, i)));
    }
    return panels;
  }
  throw IoError(path, "holds no weight [O, 1, KH, KW] or [O, 3, KH, KW], which a first convolution would have");
}

void run(const std::string& picture, const std::string& weights, const std::string& output) {
  Tensor photo = data::read_image(picture).unsqueeze(0).to(float32) / 255;  // [1, 3, H, W]
  const std::int64_t shrink = (std::max(photo.size(2), photo.size(3)) + 383) / 384;
  const std::int64_t least = 13 * shrink;  // the widest filter is 13 x 13
  require<ValueError>(std::min(photo.size(2), photo.size(3)) >= least, picture, "shows ", photo.size(3), " x ",
                      photo.size(2), " pixels, the filters want sides of at least ", least);
  if (shrink > 1) photo = avg_pool2d(photo, {.kernel_size = shrink}).value();

  std::vector<Panel> panels = classical_filters(photo);
  const std::vector<Panel> more = weights.empty() ? filter_bank(photo) : trained_layer(photo, weights);
  panels.insert(panels.end(), more.begin(), more.end());
  data::write_png(output, lay_out(panels, 4));
  std::cout << "wrote " << output << ": " << panels.size() << " pictures. Orange is above zero, blue below.\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Shows what convolutions see in a photograph.", "feature_maps");
  std::string picture = REEL_ASSETS "/photo.png";
  std::string weights;
  std::string output = "feature_maps.png";
  app.add_option("picture", picture, "PNG, JPEG or BMP file; large ones are shrunk")->capture_default_str();
  app.add_option("--load", weights,
                 "Show the first convolution of these weights (.safetensors) in place of the made-up one");
  app.add_option("--output", output, "PNG file to write")->capture_default_str();
  return run_program(app, argc, argv, [&] { run(picture, weights, output); });
}
