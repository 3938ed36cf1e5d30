#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <reel/core/io/deflate.h>
#include <reel/data/cifar.h>
#include <reel/data/tar.h>

namespace reel::data {
namespace {

// An example is one or two bytes of labels and 32 x 32 pixels of red, then green, then blue, row by row.
// (https://www.cs.toronto.edu/~kriz/cifar.html)

constexpr std::int64_t pixels = 3 * 32 * 32;
constexpr std::size_t max_bytes = std::size_t{1} << 30;

struct Format {
  std::vector<std::string> train;
  std::string test;
  std::string names;
  std::int64_t label_bytes;  // in front of the pixels
  std::int64_t label_at;     // of these
  unsigned classes;
};

/// Files of a folder or of a tar archive, by name.
class Files {
 public:
  explicit Files(std::string_view path) : path_(path) {
    if (std::filesystem::is_directory(path_)) return;
    archive_ = io::read_maybe_gzip(path, max_bytes);
    members_ = tar_members(archive_, path_);
  }

  /// The content, and what stands for its path; nothing where there is no such file.
  struct Found {
    io::Bytes bytes;
    std::string path;
  };
  [[nodiscard]] std::optional<Found> find(const std::string& name) const {
    if (archive_.empty()) {
      const std::filesystem::path file = std::filesystem::path(path_) / name;
      std::error_code ignored;
      if (!std::filesystem::exists(file, ignored)) return {};
      return Found{io::read_file(file.string(), max_bytes), file.string()};
    }
    const auto member = std::find_if(members_.begin(), members_.end(), [&](const TarMember& m) {
      return m.name == name || m.name.ends_with('/' + name);
    });
    if (member == members_.end()) return {};
    return Found{io::Bytes(member->content.begin(), member->content.end()), path_ + '/' + member->name};
  }
  [[nodiscard]] Found get(const std::string& name) const {
    auto found = find(name);
    require<IoError>(found.has_value(), path_, "wants CIFAR's binary version, has no ", name);
    return *std::move(found);
  }

 private:
  std::string path_;
  io::Bytes archive_;
  std::vector<TarMember> members_;
};

ImageDataset read(const Files& files, const std::vector<std::string>& names, const Format& format) {
  const std::int64_t length = format.label_bytes + pixels;
  std::vector<Files::Found> parts;
  std::int64_t count = 0;
  for (const std::string& name : names) {
    const Files::Found& part = parts.emplace_back(files.get(name));
    const auto size = static_cast<std::int64_t>(part.bytes.size());
    require<IoError>(size > 0 && size % length == 0, part.path, "wants whole examples of ", length, " bytes, has ",
                     size, " bytes: the last one ends within one, at byte ", size);
    count += size / length;
  }
  Tensor images = Tensor::empty({count, 3, 32, 32}, uint8), labels = Tensor::empty({count}, int64);
  auto* image = images.mutable_data<std::uint8_t>();
  auto* label = labels.mutable_data<std::int64_t>();
  for (const Files::Found& part : parts) {
    for (auto at = static_cast<std::ptrdiff_t>(0); at < std::ssize(part.bytes); at += length, image += pixels) {
      const auto* example = reinterpret_cast<const std::uint8_t*>(part.bytes.data()) + at;
      *label = example[format.label_at];
      require<IoError>(*label < format.classes, part.path, "wants labels 0 to ", format.classes - 1, ", found ", *label,
                       " at byte ", at + format.label_at);
      ++label;
      std::memcpy(image, example + format.label_bytes, pixels);
    }
  }
  return {images, labels};
}

/// The lines of a list of names; numbers where there is none.
std::vector<std::string> read_names(const Files& files, const Format& format) {
  std::vector<std::string> names;
  if (const auto found = files.find(format.names)) {
    std::string line;
    for (const std::byte b : found->bytes) {
      const char c = static_cast<char>(b);
      if (c != '\n' && c != '\r') line += c;
      if (c == '\n' && !line.empty()) names.push_back(std::exchange(line, {}));
    }
    if (!line.empty()) names.push_back(line);
    require<IoError>(names.size() == format.classes, found->path, "wants ", format.classes,
                     " names, one in each line, has ", names.size());
  } else {
    for (unsigned i = 0; i < format.classes; ++i) names.push_back(std::to_string(i));
  }
  return names;
}

Cifar load(std::string_view path, const Format& format) {
  const Files files(path);
  return {read(files, format.train, format), read(files, {format.test}, format), read_names(files, format)};
}

}  // namespace

Cifar load_cifar10(std::string_view path) {
  Format format{.train = {},
                .test = "test_batch.bin",
                .names = "batches.meta.txt",
                .label_bytes = 1,
                .label_at = 0,
                .classes = 10};
  for (int i = 1; i <= 5; ++i) format.train.push_back(concat("data_batch_", i, ".bin"));
  return load(path, format);
}

bool is_cifar10(std::string_view path) { return Files(path).find("test_batch.bin").has_value(); }

Cifar load_cifar100(std::string_view path, CifarLabels labels) {
  const bool is_fine = labels == CifarLabels::fine;
  return load(path, {.train = {"train.bin"},
                     .test = "test.bin",
                     .names = is_fine ? "fine_label_names.txt" : "coarse_label_names.txt",
                     .label_bytes = 2,
                     .label_at = is_fine ? 1 : 0,
                     .classes = is_fine ? 100U : 20U});
}

Normalization cifar10_normalization() {
  return {.mean = {0.4914F, 0.4822F, 0.4465F}, .deviation = {0.2470F, 0.2435F, 0.2616F}};
}

}  // namespace reel::data
