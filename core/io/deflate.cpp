#include <algorithm>
#include <new>
#include <reel/core/error.h>
#include <reel/core/io/deflate.h>
#include <utility>
#include <zlib.h>

namespace reel::io {
namespace {

// zlib counts in 32 bits, so longer input and output is handed over in pieces.
constexpr std::size_t max_piece = std::size_t{1} << 30;

int window_bits(Wrapping wrapping) {
  switch (wrapping) {
    case Wrapping::raw: return -MAX_WBITS;
    case Wrapping::zlib: return MAX_WBITS;
    case Wrapping::gzip: break;
  }
  return MAX_WBITS + 16;
}

/// What the output may come to, so that it need not grow. The last member of a gzip file ends on its size, which may
/// lie.
std::size_t guess_size(std::span<const std::byte> in, Wrapping wrapping) {
  const std::size_t usual = std::max<std::size_t>(in.size() * 4, 4096);
  if (wrapping != Wrapping::gzip || in.size() < 4) return usual;
  std::size_t size = 0;
  for (std::size_t i = 1; i <= 4; ++i) size = size << 8 | std::to_integer<std::size_t>(in[in.size() - i]);
  return size <= in.size() * 8 ? size + 1 : usual;
}

class Inflater {
 public:
  Inflater(std::span<const std::byte> in, Wrapping wrapping, std::string_view path, std::size_t max_bytes,
           std::size_t offset)
      : in_(in), path_(path), max_bytes_(max_bytes), offset_(offset), first_guess_(guess_size(in, wrapping)) {
    require<IoError>(inflateInit2(&stream_, window_bits(wrapping)) == Z_OK, path_, "zlib can't be initialised");
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  [[nodiscard]] bool at_end() const { return read_ == in_.size(); }
  [[nodiscard]] Bytes take() {
    out_.resize(written_);
    return std::move(out_);
  }

  // Inflates one stream, from where the last one ended.
  void inflate_stream() {
    inflateReset(&stream_);
    int status = Z_OK;
    while (status != Z_STREAM_END) {
      make_room();
      status = step();
      if (written_ > max_bytes_) fail("inflates to more than the ", max_bytes_, " bytes that are allowed");
      if (status == Z_OK || status == Z_STREAM_END) continue;
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      // Z_BUF_ERROR: no progress. There always is room for output, so it is input that is missing.
      if (status == Z_BUF_ERROR) fail("compressed data is truncated");
      fail("compressed data is corrupt (", stream_.msg != nullptr ? stream_.msg : zError(status), ")");
    }
  }

  template <class... Parts>
  [[noreturn]] void fail(const Parts&... parts) const {
    throw IoError(path_, parts..., " at byte ", offset_ + read_);
  }

 private:
  // One byte more than allowed is enough to tell a stream that is too long from one that fits exactly.
  void make_room() {
    if (written_ < out_.size()) return;
    const std::size_t limit = max_bytes_ + (max_bytes_ < out_.max_size() ? 1 : 0);
    out_.resize(std::min(limit, std::max(out_.size() * 2, first_guess_)));
  }

  int step() {
    const std::size_t input = std::min(in_.size() - read_, max_piece);
    const std::size_t room = std::min(out_.size() - written_, max_piece);
    // zlib's interface predates const; it does not write to its input.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in_.data() + read_));
    stream_.avail_in = static_cast<uInt>(input);
    stream_.next_out = reinterpret_cast<Bytef*>(out_.data() + written_);
    stream_.avail_out = static_cast<uInt>(room);
    const int status = ::inflate(&stream_, Z_NO_FLUSH);
    read_ += input - stream_.avail_in;
    written_ += room - stream_.avail_out;
    return status;
  }

  std::span<const std::byte> in_;
  std::string_view path_;
  std::size_t max_bytes_;
  std::size_t offset_;
  std::size_t first_guess_;
  std::size_t read_ = 0;
  std::size_t written_ = 0;
  Bytes out_;
  z_stream stream_{};
};

}  // namespace

Bytes inflate(std::span<const std::byte> compressed, Wrapping wrapping, std::string_view path, std::size_t max_bytes,
              std::size_t offset) {
  Inflater inflater(compressed, wrapping, path, max_bytes, offset);
  inflater.inflate_stream();
  // RFC 1952: a gzip file is a series of members.
  while (wrapping == Wrapping::gzip && !inflater.at_end()) inflater.inflate_stream();
  if (!inflater.at_end()) inflater.fail("compressed data is followed by something else");
  return inflater.take();
}

Bytes gunzip(std::span<const std::byte> compressed, std::string_view path, std::size_t max_bytes) {
  return inflate(compressed, Wrapping::gzip, path, max_bytes);
}

bool is_gzip(std::span<const std::byte> bytes) {
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}

Bytes read_maybe_gzip(std::string_view path, std::size_t max_bytes) {
  // Compressed data can be a little longer than what it holds, so its own limit has some slack.
  const std::size_t slack = max_bytes / 1024 + 65536;
  auto content = read_file(path, max_bytes > SIZE_MAX - slack ? SIZE_MAX : max_bytes + slack);
  if (is_gzip(content)) return gunzip(content, path, max_bytes);
  require<IoError>(content.size() <= max_bytes, path, "holds ", content.size(), " bytes, at most ", max_bytes,
                   " are allowed");
  return content;
}

std::uint32_t crc32(std::span<const std::byte> bytes, std::uint32_t previous) {
  if (bytes.empty()) return previous;  // zlib takes a null pointer as the wish for the first value
  return static_cast<std::uint32_t>(::crc32_z(previous, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace reel::io
