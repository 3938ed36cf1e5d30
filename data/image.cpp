#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <reel/core/io/file.h>
#include <reel/data/image.h>
#include <reel/data/image_size.h>
#include <reel/data/jpeg_check.h>
#include <reel/data/png_check.h>
#include <stdexcept>

// The one place that sees stb. Its memory is limited, since what a PNG inflates to can't be known beforehand, and
// cleared, since versions before 2.28 decode a JPEG with tables that it never defined.

namespace {

constexpr std::size_t max_block = std::size_t{1} << 29;

void* limited_malloc(std::size_t bytes) { return bytes > max_block ? nullptr : std::calloc(bytes, 1); }
void* limited_realloc(void* block, std::size_t bytes) {
  return bytes > max_block ? nullptr : std::realloc(block, bytes);
}
[[noreturn]] void throw_corrupt() { throw std::runtime_error("corrupt"); }

}  // namespace

#define STBI_MALLOC(bytes) limited_malloc(bytes)
#define STBI_REALLOC(block, bytes) limited_realloc(block, bytes)
#define STBI_FREE(block) std::free(block)
#define STBI_ASSERT(x) ((x) ? (void)0 : throw_corrupt())  // a file must not be able to end the program
#define STBI_MAX_DIMENSIONS reel::data::max_side
#define STBI_FAILURE_USERMSG  // reasons in words
#define STBI_NO_STDIO
#define STBI_ONLY_PNG
#define STBI_ONLY_JPEG
#define STBI_ONLY_BMP
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
#include <stb/stb_image.h>
#include <stb/stb_image_write.h>
#pragma GCC diagnostic pop

namespace reel::data {
namespace {

constexpr std::size_t max_file = std::size_t{1} << 26;

/// Hands the bytes to stb and notes whether it wanted more than there are: stb itself takes the rest of a
/// truncated JPEG or BMP for zeros.
class Source {
 public:
  explicit Source(std::span<const std::byte> bytes) : rest_(bytes) {}
  [[nodiscard]] bool ran_out() const { return ran_out_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  int read(char* data, int size) {
    const std::size_t count = std::min(rest_.size(), static_cast<std::size_t>(size));
    if (count == 0) {
      ran_out_ = ran_out_ || size > 0;
      return 0;
    }
    std::memcpy(data, rest_.data(), count);
    rest_ = rest_.subspan(count);
    return static_cast<int>(count);
  }
  void skip(int size) {
    const auto wanted = static_cast<std::size_t>(std::max(size, 0));
    if (wanted > rest_.size()) ran_out_ = true;
    rest_ = rest_.subspan(std::min(wanted, rest_.size()));
  }

 private:
  std::span<const std::byte> rest_;
  bool ran_out_ = false;
};

constexpr stbi_io_callbacks callbacks = {
    [](void* source, char* data, int size) { return static_cast<Source*>(source)->read(data, size); },
    [](void* source, int size) { static_cast<Source*>(source)->skip(size); },
    [](void* source) { return static_cast<Source*>(source)->at_end() ? 1 : 0; }};

struct Info {
  int width = 0;
  int height = 0;
  int channels = 0;
};

Info read_info(std::span<const std::byte> bytes, std::string_view name) {
  Info info;
  Source source(bytes);
  const int known = stbi_info_from_callbacks(&callbacks, &source, &info.width, &info.height, &info.channels);
  require<IoError>(known != 0, name, "no PNG, JPEG or BMP image (", bytes.size(),
                   " bytes): ", source.ran_out() ? "truncated" : stbi_failure_reason());
  info.height = std::abs(info.height);  // a BMP with its first row first says so by a negative height
  check_size(info.width, info.height, name, bytes.size());
  return info;
}

/// Interleaved pixels that stb decoded.
using Pixels = std::unique_ptr<stbi_uc, decltype(&std::free)>;

Pixels decode(std::span<const std::byte> bytes, std::string_view name, int channels) {
  Source source(bytes);
  Info info;
  Pixels pixels(nullptr, &std::free);
  const char* reason = nullptr;
  try {
    pixels.reset(stbi_load_from_callbacks(&callbacks, &source, &info.width, &info.height, &info.channels, channels));
    if (pixels == nullptr) reason = stbi_failure_reason();
  } catch (const std::runtime_error&) {
    reason = "Corrupt";
  }
  require<IoError>(!source.ran_out(), name, "truncated: the image goes on after its end at byte ", bytes.size());
  require<IoError>(reason == nullptr, name, "can't be decoded (", bytes.size(),
                   " bytes): ", reason == nullptr ? "" : reason);
  return pixels;
}

/// Pixels that alternate colours and, with `transparent`, their opacity, to [C, H, W] on the grey `behind`.
Tensor to_planes(const stbi_uc* pixels, const Info& info, int channels, bool transparent, int behind) {
  Tensor image = Tensor::empty({channels, info.height, info.width}, uint8);
  auto* out = image.mutable_data<std::uint8_t>();
  const std::int64_t area = std::int64_t{info.height} * info.width;
  const int step = channels + (transparent ? 1 : 0);
  for (std::int64_t i = 0; i < area; ++i) {
    const stbi_uc* pixel = pixels + i * step;
    const int opacity = transparent ? pixel[channels] : 255;
    for (int c = 0; c < channels; ++c) {
      out[c * area + i] = static_cast<std::uint8_t>((pixel[c] * opacity + behind * (255 - opacity) + 127) / 255);
    }
  }
  return image;
}

/// [C, H, W] to pixels that alternate colours.
std::vector<std::uint8_t> interleave(const Tensor& image) {
  const Tensor planes = image.contiguous();
  const std::int64_t channels = image.size(0);
  const std::int64_t area = image.size(1) * image.size(2);
  std::vector<std::uint8_t> pixels;
  pixels.reserve(static_cast<std::size_t>(channels * area));
  for (std::int64_t i = 0; i < area; ++i) {
    for (std::int64_t c = 0; c < channels; ++c) pixels.push_back(planes.data<std::uint8_t>()[c * area + i]);
  }
  return pixels;
}

}  // namespace

Tensor read_image(std::string_view path, int channels, int behind) {
  return decode_image(io::read_file(path, max_file), path, channels, behind);
}

Tensor decode_image(std::span<const std::byte> bytes, std::string_view name, int channels, int behind) {
  require<ValueError>(channels == 1 || channels == 3, "read_image", "wants 1 or 3 channels, got ", channels);
  require<ValueError>(behind >= 0 && behind <= 255, "read_image", "wants a grey from 0 to 255 behind, got ", behind);
  require<IoError>(bytes.size() <= max_file, name, "an image file of ", bytes.size(), " bytes, at most ", max_file,
                   " are read");
  check_png(bytes, name);
  check_jpeg(bytes, name);
  const Info info = read_info(bytes, name);
  const bool transparent = info.channels == 2 || info.channels == 4;
  const Pixels pixels = decode(bytes, name, transparent ? channels + 1 : channels);
  return to_planes(pixels.get(), info, channels, transparent, behind);
}

std::vector<std::byte> encode_png(const Tensor& image) {
  require<TypeError>(image.dtype() == uint8, "write_png", "wants uint8, got ", image.dtype());
  const Tensor planes = image.rank() == 2 ? image.unsqueeze(0) : image;
  require<ShapeError>(planes.rank() == 3 && (planes.size(0) == 1 || planes.size(0) == 3), "write_png",
                      "wants an image [H, W], [1, H, W] or [3, H, W], got ", image.shape());
  const std::int64_t channels = planes.size(0);
  const std::int64_t height = planes.size(1);
  const std::int64_t width = planes.size(2);
  require<ShapeError>(
      height >= 1 && width >= 1 && height <= max_side && width <= max_side && height * width <= max_pixels, "write_png",
      "wants sides of 1 to ", max_side, " and at most ", max_pixels, " pixels, got ", image.shape());
  const std::vector<std::uint8_t> pixels = interleave(planes);
  std::vector<std::byte> file;
  const auto append = [](void* context, void* data, int size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    auto& target = *static_cast<std::vector<std::byte>*>(context);
    target.insert(target.end(), bytes, bytes + size);
  };
  const int written =
      stbi_write_png_to_func(append, &file, static_cast<int>(width), static_cast<int>(height),
                             static_cast<int>(channels), pixels.data(), static_cast<int>(width * channels));
  require<ValueError>(written != 0, "write_png", "no memory for image ", image.shape());
  return file;
}

void write_png(std::string_view path, const Tensor& image) { io::write_file(path, encode_png(image)); }

}  // namespace reel::data
