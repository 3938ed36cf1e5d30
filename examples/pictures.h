#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/tensor.h>
#include <reel/data/canvas.h>
#include <string>
#include <vector>

/// From numbers to pictures.
namespace examples {

using reel::Tensor;

/// A picture, uint8 [3, h, w], with the text that goes under it.
struct Panel {
  std::string caption;
  Tensor picture;
};

/// values [1 or 3, h, w] with 0 black and 1 white -> uint8 [3, h, w]
inline Tensor to_picture(const Tensor& values) {
  return (clamp(values, 0, 1) * 255 + 0.5).to(reel::uint8).expand({3, values.size(1), values.size(2)});
}

/// map [h, w]: what is above 0 in orange, what is below in blue, and 0 black. The scale is the map's own.
inline Tensor signed_picture(const Tensor& map) {
  const double scale = 3 * std::sqrt(mean(map * map).item()) + 1e-12;
  const Tensor above = maximum(map / scale, Tensor::scalar(0));
  const Tensor below = maximum(-map / scale, Tensor::scalar(0));
  return to_picture(above * Tensor::of({1, 0.62, 0.22}, {3, 1, 1}) + below * Tensor::of({0.20, 0.58, 1}, {3, 1, 1}));
}

/// picture [C, h, w] with every pixel `times` as high and as wide.
inline Tensor enlarge(const Tensor& picture, std::int64_t times) {
  const std::int64_t c = picture.size(0);
  const std::int64_t h = picture.size(1);
  const std::int64_t w = picture.size(2);
  return picture.reshape({c, h, 1, w, 1}).expand({c, h, times, w, times}).reshape({c, h * times, w * times});
}

inline void paste(Tensor& canvas, const Tensor& picture, std::int64_t y, std::int64_t x) {
  canvas.narrow(1, y, picture.size(1)).narrow(2, x, picture.size(2)).copy_from(picture);
}

/// All panels, the largest of which is at most as large as the first, on one sheet: uint8 [3, H, W].
inline Tensor lay_out(const std::vector<Panel>& panels, std::int64_t columns) {
  constexpr std::int64_t gap = 10, caption = 26;
  const std::int64_t h = panels.front().picture.size(1);
  const std::int64_t w = panels.front().picture.size(2);
  const std::int64_t rows = (static_cast<std::int64_t>(panels.size()) + columns - 1) / columns;
  Tensor sheet = Tensor::full({3, gap + rows * (h + caption + gap), gap + columns * (w + gap)}, 24, reel::uint8);
  for (std::int64_t i = 0; const Panel& panel : panels) {
    const std::int64_t y = gap + i / columns * (h + caption + gap);
    const std::int64_t x = gap + i % columns * (w + gap);
    paste(sheet, panel.picture, y + (h - panel.picture.size(1)) / 2, x + (w - panel.picture.size(2)) / 2);
    for (std::int64_t channel = 0; channel < 3; ++channel) {
      Tensor plane = sheet.select(0, channel);
      reel::data::draw_text(plane, x + 2, y + h + 8, panel.caption, 225, 2);
    }
    ++i;
  }
  return sheet;
}

/// values [N, 1, h, w], 0 black and 1 white -> one grey picture of them all, uint8 [1, H, W], each enlarged `scale`
/// times.
inline Tensor tile(const Tensor& values, std::int64_t columns, std::int64_t scale = 2) {
  return reel::data::contact_sheet((clamp(values, 0, 1) * 255 + 0.5).to(reel::uint8), {}, columns, scale);
}

}  // namespace examples
