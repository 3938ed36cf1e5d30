#include <algorithm>
#include <reel/data/canvas.h>
#include <reel/data/font.h>

namespace reel::data {
namespace {

constexpr std::int64_t gap = 4;  // pixels between cells, around the sheet, and between an image and its caption
constexpr std::uint8_t background = 48;
constexpr std::uint8_t ink = 255;

/// The pixels [H, W] of a picture that is drawn into.
struct Canvas {
  std::uint8_t* pixels;
  std::int64_t height;
  std::int64_t width;

  /// Fills the square of `size` pixels at (x, y), as far as it lies inside.
  void square(std::int64_t x, std::int64_t y, std::int64_t size, std::uint8_t value) const {
    for (std::int64_t row = std::max<std::int64_t>(y, 0); row < std::min(y + size, height); ++row) {
      for (std::int64_t column = std::max<std::int64_t>(x, 0); column < std::min(x + size, width); ++column) {
        pixels[row * width + column] = value;
      }
    }
  }

  void text(std::int64_t x, std::int64_t y, std::string_view line, std::uint8_t value, std::int64_t scale) const {
    for (const char sign : line) {
      const Glyph& rows = glyph(sign);
      for (int row = 0; row < glyph_height; ++row) {
        for (int column = 0; column < glyph_width; ++column) {
          const bool set = (rows[static_cast<std::size_t>(row)] >> (glyph_width - 1 - column) & 1) != 0;
          if (set) square(x + column * scale, y + row * scale, scale, value);
        }
      }
      x += (glyph_width + 1) * scale;
    }
  }

  void enlarged(std::int64_t x, std::int64_t y, const Tensor& image, std::int64_t scale) const {
    const std::int64_t columns = image.size(-1);
    const auto values = image.span<std::uint8_t>();
    for (std::int64_t i = 0; i < image.numel(); ++i) {
      square(x + i % columns * scale, y + i / columns * scale, scale, values[static_cast<std::size_t>(i)]);
    }
  }
};

std::int64_t widest(const std::vector<std::string>& captions, std::int64_t scale) {
  std::int64_t width = 0;
  for (const std::string& caption : captions) width = std::max(width, text_size(caption, scale)[1]);
  return width;
}

Tensor checked(const Tensor& images, const std::vector<std::string>& captions, std::int64_t columns,
               std::int64_t scale) {
  require<TypeError>(images.dtype() == uint8, "contact_sheet", "wants uint8, got ", images.dtype());
  require<ShapeError>(images.rank() == 3 || (images.rank() == 4 && images.size(1) == 1), "contact_sheet",
                      "wants images [N, 1, H, W] or [N, H, W], got ", images.shape());
  require<ValueError>(images.numel() > 0 && columns >= 1 && scale >= 1, "contact_sheet",
                      "wants at least one image, column and scale 1, got images ", images.shape(), ", columns ",
                      columns, " and scale ", scale);
  const auto count = static_cast<std::size_t>(images.size(0));
  require<ValueError>(captions.empty() || captions.size() == count, "contact_sheet", "wants a caption for each of ",
                      count, " images, or none, got ", captions.size());
  return (images.rank() == 3 ? images : images.squeeze(1)).contiguous();
}

}  // namespace

Shape text_size(std::string_view text, std::int64_t scale) {
  const auto signs = static_cast<std::int64_t>(text.size());
  return {glyph_height * scale, std::max<std::int64_t>((glyph_width + 1) * signs - 1, 0) * scale};
}

void draw_text(Tensor& image, std::int64_t x, std::int64_t y, std::string_view text, std::uint8_t value,
               std::int64_t scale) {
  require<TypeError>(image.dtype() == uint8, "draw_text", "wants uint8, got ", image.dtype());
  require<ShapeError>((image.rank() == 2 || (image.rank() == 3 && image.size(0) == 1)) && image.is_contiguous(),
                      "draw_text", "wants a contiguous image [H, W] or [1, H, W], got ", image.shape());
  require<ValueError>(scale >= 1, "draw_text", "wants a scale of at least 1, got ", scale);
  const Canvas canvas{image.mutable_data<std::uint8_t>(), image.size(-2), image.size(-1)};
  canvas.text(x, y, text, value, scale);
}

Tensor contact_sheet(const Tensor& images, const std::vector<std::string>& captions, std::int64_t columns,
                     std::int64_t scale) {
  const Tensor pictures = checked(images, captions, columns, scale);
  const std::int64_t count = pictures.size(0);
  const std::int64_t text_scale = scale >= 4 ? 2 : 1;
  const std::int64_t caption_height = captions.empty() ? 0 : gap + text_size("", text_scale)[0];
  const std::int64_t image_width = scale * pictures.size(2);
  const std::int64_t cell_width = std::max(image_width, widest(captions, text_scale)) + gap;
  const std::int64_t cell_height = scale * pictures.size(1) + caption_height + gap;
  columns = std::min(columns, count);
  const std::int64_t rows = (count + columns - 1) / columns;

  Tensor sheet = Tensor::full({gap + rows * cell_height, gap + columns * cell_width}, background, uint8);
  const Canvas canvas{sheet.mutable_data<std::uint8_t>(), sheet.size(0), sheet.size(1)};
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t middle = gap + i % columns * cell_width + (cell_width - gap) / 2;
    const std::int64_t top = gap + i / columns * cell_height;
    canvas.enlarged(middle - image_width / 2, top, pictures.select(0, i), scale);
    if (captions.empty()) continue;
    const std::string& caption = captions[static_cast<std::size_t>(i)];
    const Shape size = text_size(caption, text_scale);
    canvas.text(middle - size[1] / 2, top + cell_height - gap - size[0], caption, ink, text_scale);
  }
  return sheet;
}

}  // namespace reel::data
