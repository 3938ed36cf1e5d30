#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <filesystem>
#include <iomanip>
#include <reel/data/image.h>
#include <reel/training/tensorboard.h>
#include <sstream>

namespace reel::training {
namespace {

/// A number's bytes, the lowest first.
template <class T>
std::string little_endian(T number) {
  std::string out;
  for (std::size_t i = 0; i < sizeof number; ++i) out += static_cast<char>((number >> (8 * i)) & 0xff);
  return out;
}

/// A message of protocol buffers, field by field.
class Message {
 public:
  Message& integer(std::uint64_t field, std::int64_t value) {
    key(field, 0);
    variable_length(static_cast<std::uint64_t>(value));
    return *this;
  }
  Message& number(std::uint64_t field, double value) {
    key(field, 1);
    bytes_ += little_endian(std::bit_cast<std::uint64_t>(value));
    return *this;
  }
  Message& number(std::uint64_t field, float value) {
    key(field, 5);
    bytes_ += little_endian(std::bit_cast<std::uint32_t>(value));
    return *this;
  }
  Message& text(std::uint64_t field, std::string_view value) {
    key(field, 2);
    variable_length(value.size());
    bytes_ += value;
    return *this;
  }
  template <class Numbers>
  Message& numbers(std::uint64_t field, const Numbers& values) {
    std::string packed;
    for (const auto value : values) packed += little_endian(std::bit_cast<std::uint64_t>(static_cast<double>(value)));
    return text(field, packed);
  }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }

 private:
  void key(std::uint64_t field, std::uint64_t kind) { variable_length(field * 8 + kind); }
  void variable_length(std::uint64_t value) {  // seven bits a byte, and a bit that says that more follow
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>((value & 0x7f) | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

/// Event: wall_time = 1, step = 2 (left out where it is 0, as by any writer of version 3).
Message begin(const events::Stamp& stamp) {
  Message event;
  event.number(1, stamp.wall_time);
  if (stamp.step != 0) event.integer(2, stamp.step);
  return event;
}

/// Summary = 5 of one Value = 1, whose tag = 1.
std::string with_value(const events::Stamp& stamp, const std::string& name, int kind, const Message& content) {
  const Message value = Message().text(1, name).text(kind, content.bytes());
  return begin(stamp).text(5, Message().text(1, value.bytes()).bytes()).bytes();
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::string new_file(const std::string& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  require<IoError>(!failed, folder, "can't be made: ", failed.message());
  std::ostringstream name;
  name << "events.out.tfevents." << std::fixed << std::setprecision(6) << now() << '.' << ::getpid();
  return (std::filesystem::path(folder) / name.str()).string();
}

constexpr std::array<std::uint32_t, 256> crc_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? 0x82f63b78U : 0);
    table[byte] = rest;
  }
  return table;
}();

/// Checksums of what holds checksums itself would be weak, so they are turned and moved.
std::uint32_t masked_crc(std::string_view bytes) { return std::rotr(events::crc32c(bytes), 15) + 0xa282ead8U; }

}  // namespace

namespace events {

std::uint32_t crc32c(std::string_view bytes) {
  std::uint32_t rest = 0xffffffffU;
  for (const char c : bytes) rest = crc_table[(rest ^ static_cast<unsigned char>(c)) & 0xff] ^ (rest >> 8);
  return ~rest;
}

std::string record(std::string_view event) {
  const std::string length = little_endian(std::uint64_t{event.size()});
  return length + little_endian(masked_crc(length)) + std::string(event) + little_endian(masked_crc(event));
}

std::string version(double wall_time) {  // file_version = 3
  return Message().number(1, wall_time).text(3, "brain.Event:2").bytes();
}

std::string scalars(const Stamp& stamp, const Scalars& values) {  // simple_value = 2
  Message summary;
  for (const auto& [name, value] : values) {
    summary.text(1, Message().text(1, name).number(2, static_cast<float>(value)).bytes());
  }
  return begin(stamp).text(5, summary.bytes()).bytes();
}

std::string image(const Stamp& stamp, const std::string& name, const Tensor& image) {
  const std::vector<std::byte> png = data::encode_png(image);
  const std::int64_t channels = image.rank() == 3 ? image.size(0) : 1;
  return with_value(stamp, name, 4,  // height = 1, width = 2, colorspace = 3, encoded_image_string = 4
                    Message()
                        .integer(1, image.size(-2))
                        .integer(2, image.size(-1))
                        .integer(3, channels)
                        .text(4, {reinterpret_cast<const char*>(png.data()), png.size()}));
}

std::string histogram(const Stamp& stamp, const std::string& name, const Histogram& h) {
  // min = 1, max = 2, num = 3, sum = 4, sum_squares = 5, bucket_limit = 6, bucket = 7; numbers that are 0 are left out
  Message content;
  const auto put = [&](int field, double value) {
    if (std::bit_cast<std::uint64_t>(value) != 0) content.number(field, value);
  };
  put(1, h.min);
  put(2, h.max);
  put(3, static_cast<double>(h.count));
  put(4, h.sum);
  put(5, h.sum_of_squares);
  if (h.count > 0) content.numbers(6, h.limits).numbers(7, h.counts);
  return with_value(stamp, name, 5, content);
}

}  // namespace events

TensorBoardLogger::TensorBoardLogger(const std::string& folder) : file_(new_file(folder)) {}

void TensorBoardLogger::write(const std::string& event) {
  if (!begun_) file_.append(events::record(events::version(now())));
  begun_ = true;
  file_.append(events::record(event));
}

void TensorBoardLogger::write_scalars(const Scalars& values, std::int64_t step) {
  write(events::scalars({now(), step}, values));
}

void TensorBoardLogger::write_image(const std::string& name, const Tensor& image, std::int64_t step) {
  write(events::image({now(), step}, name, image));
}

void TensorBoardLogger::write_histogram(const std::string& name, const Histogram& histogram, std::int64_t step) {
  write(events::histogram({now(), step}, name, histogram));
}

}  // namespace reel::training
