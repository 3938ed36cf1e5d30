#include <reel/core/error.h>
#include <reel/data/image_size.h>
#include <reel/data/jpeg_check.h>

namespace reel::data {
namespace {

constexpr unsigned first_frame = 0xC0;  // to 0xCF, the ways of coding; but for three of them, which are tables
constexpr unsigned last_frame = 0xCF;
constexpr unsigned huffman_tables = 0xC4;
constexpr unsigned reserved = 0xC8;
constexpr unsigned arithmetic_tables = 0xCC;
constexpr unsigned start_of_image = 0xD8;
constexpr unsigned end_of_image = 0xD9;
constexpr unsigned start_of_scan = 0xDA;
constexpr int max_scans = 100;  // each may cost a pass over the whole image; encoders write about ten

class JpegWalk {
 public:
  JpegWalk(std::span<const std::byte> file, std::string_view name) : file_(file), name_(name) {}

  void run() {
    at_ = 2;
    int scans = 0;
    for (unsigned marker = next_marker(); marker != end_of_image; marker = next_marker()) {
      const std::size_t begin = at_;
      const std::size_t length = two_bytes(at_);
      require<IoError>(length >= 2, name_, "corrupt JPEG: a segment of length ", length, " at byte ", begin);
      require<IoError>(length <= file_.size() - begin, name_, "truncated JPEG: a segment of length ", length,
                       " at byte ", begin, ", the file ends at byte ", file_.size());
      if (marker == huffman_tables) check_tables(begin + 2, begin + length);
      if (is_frame(marker)) check_size(two_bytes(begin + 5), two_bytes(begin + 3), name_, file_.size());
      if (marker == start_of_scan) ++scans;
      require<IoError>(scans <= max_scans, name_, "a JPEG with more than ", max_scans, " scans, at byte ", begin);
      at_ = begin + length;
    }
  }

 private:
  [[nodiscard]] unsigned byte(std::size_t at) const {
    require<IoError>(at < file_.size(), name_, "truncated JPEG: it goes on after its end at byte ", file_.size());
    return std::to_integer<unsigned>(file_[at]);
  }

  [[nodiscard]] unsigned two_bytes(std::size_t at) const { return 256 * byte(at) + byte(at + 1); }

  /// Whether a segment's bytes 3 to 6 tell the picture's height and width.
  static bool is_frame(unsigned marker) {
    return marker >= first_frame && marker <= last_frame && marker != huffman_tables && marker != reserved &&
           marker != arithmetic_tables;
  }

  /// Skips to what follows the next FF xx that is a marker: not a stuffed FF (xx = 0), a fill byte (FF), or a restart
  /// within a scan. Between segments that finds the next one; after a scan's header it skips the scan.
  unsigned next_marker() {
    for (;; ++at_) {
      if (byte(at_) != 0xFF) continue;
      const unsigned marker = byte(at_ + 1);
      const bool restart = marker >= 0xD0 && marker <= 0xD7;
      if (marker == 0 || marker == 0xFF || restart) continue;
      at_ += 2;
      return marker;
    }
  }

  /// Tables of 17 bytes, the number of codes of each length from 1 to 16 in the last 16 of them, and their symbols.
  void check_tables(std::size_t begin, std::size_t end) const {
    while (begin < end) {
      unsigned codes = 0;
      unsigned next_code = 0;
      for (std::size_t length = 1; length <= 16; ++length) {
        const unsigned count = byte(begin + length);
        codes += count;
        next_code = 2 * next_code + count;
        require<IoError>(codes <= 256 && next_code <= 1U << length, name_, "corrupt JPEG: the Huffman table at byte ",
                         begin, " has more codes than fit into ", length, " bits");
      }
      begin += 17 + codes;
    }
    require<IoError>(begin == end, name_, "corrupt JPEG: a Huffman table goes on after its segment's end at byte ",
                     end);
  }

  std::span<const std::byte> file_;
  std::string_view name_;
  std::size_t at_ = 0;
};

}  // namespace

void check_jpeg(std::span<const std::byte> file, std::string_view name) {
  const bool is_jpeg = file.size() >= 2 && file[0] == std::byte{0xFF} && file[1] == std::byte{start_of_image};
  if (is_jpeg) JpegWalk(file, name).run();
}

}  // namespace reel::data
