#include <reel/core/error.h>
#include <reel/data/image_size.h>

namespace reel::data {

void check_size(std::int64_t width, std::int64_t height, std::string_view name, std::size_t file_bytes) {
  require<IoError>(width > 0 && height > 0, name, "a file of ", file_bytes, " bytes that says it shows ", width, " x ",
                   height, " pixels: neither side may be 0");
  require<IoError>(width <= max_side && height <= max_side && width * height <= max_pixels, name, "a file of ",
                   file_bytes, " bytes that says it shows ", width, " x ", height, " pixels: at most ", max_side,
                   " a side and ", max_pixels, " in all are read");
}

}  // namespace reel::data
