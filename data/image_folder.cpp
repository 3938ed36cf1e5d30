#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <reel/core/io/deflate.h>
#include <reel/core/parallel.h>
#include <reel/data/image.h>
#include <reel/data/image_folder.h>
#include <reel/data/resize.h>
#include <reel/data/tar.h>
#include <reel/data/transforms.h>

namespace reel::data {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_archive = std::size_t{16} << 30;

bool is_picture(std::string_view name) {
  std::string ending(name.substr(std::min(name.rfind('.'), name.size())));
  std::transform(ending.begin(), ending.end(), ending.begin(), [](unsigned char c) { return std::tolower(c); });
  return ending == ".png" || ending == ".jpg" || ending == ".jpeg" || ending == ".bmp";
}

/// A picture: `name` is CLASS/... below the part; of a file in a folder, `bytes` is empty.
struct Picture {
  std::string name;
  std::span<const std::byte> bytes = {};
  std::int64_t label = 0;
};

std::vector<Picture> pictures_in_archive(std::span<const std::byte> archive, std::string_view path,
                                         const std::string& part) {
  const std::string below = part.empty() ? "" : part + '/';
  std::vector<Picture> found;
  for (TarMember& member : tar_members(archive, path)) {
    if (member.name.starts_with(below) && is_picture(member.name))
      found.push_back({.name = member.name.substr(below.size()), .bytes = member.content});
  }
  return found;
}

std::vector<Picture> pictures_in_folder(const fs::path& folder) {
  std::vector<Picture> found;
  std::error_code failed;
  for (auto entry = fs::recursive_directory_iterator(folder, failed); !failed && entry != fs::end(entry);
       entry.increment(failed)) {
    const std::string name = entry->path().lexically_relative(folder).generic_string();
    if (is_picture(name) && entry->is_regular_file()) found.push_back({.name = name});
  }
  require<IoError>(!failed, folder.string(), "can't be read: ", failed.message());
  return found;
}

/// Sorts the pictures, numbers their classes, and returns the classes' names. What lies in no folder has no class.
std::vector<std::string> label(std::vector<Picture>& pictures) {
  std::erase_if(pictures, [](const Picture& p) { return p.name.find('/') == std::string::npos; });
  std::map<std::string, std::int64_t> labels;
  for (const Picture& p : pictures) labels[p.name.substr(0, p.name.find('/'))] = 0;
  std::vector<std::string> names;
  for (auto& [name, number] : labels) {
    number = static_cast<std::int64_t>(names.size());
    names.push_back(name);
  }
  for (Picture& p : pictures) p.label = labels.at(p.name.substr(0, p.name.find('/')));
  std::sort(pictures.begin(), pictures.end(),
            [](const Picture& a, const Picture& b) { return std::tie(a.label, a.name) < std::tie(b.label, b.name); });
  return names;
}

/// Makes the image just large enough, and cuts the middle out.
Transform cover(std::int64_t height, std::int64_t width) {
  return [height, width, cut = center_crop(height, width)](const Tensor& image, Generator& generator) {
    const double scale = std::max(static_cast<double>(height) / static_cast<double>(image.size(1)),
                                  static_cast<double>(width) / static_cast<double>(image.size(2)));
    const auto scaled = [&](std::int64_t size, std::int64_t least) {
      return std::max(least, static_cast<std::int64_t>(std::llround(scale * static_cast<double>(size))));
    };
    return cut(resize(image, scaled(image.size(1), height), scaled(image.size(2), width)), generator);
  };
}

}  // namespace

struct ImageFolder::Content {
  std::string path;
  ImageFolderOptions options;
  io::Bytes archive;  // empty for a folder
  std::vector<Picture> pictures;
  std::vector<std::string> classes;
  Transform fit;  // to the size that is wanted

  [[nodiscard]] const Picture& picture(std::int64_t index) const {
    const auto count = static_cast<std::int64_t>(pictures.size());
    require<IndexError>(index >= 0 && index < count, "ImageFolder", "example ", index, " is outside [0, ", count, ")");
    return pictures[static_cast<std::size_t>(index)];
  }
  [[nodiscard]] std::string place(const Picture& p) const {
    return (fs::path(path) / options.part / p.name).generic_string();
  }
  [[nodiscard]] Tensor image(const Picture& p) const {
    const std::string name = place(p);
    Tensor decoded =
        archive.empty() ? read_image(name, options.channels) : decode_image(p.bytes, name, options.channels);
    if (!fit) return decoded;
    Generator unused(0);
    return fit(decoded, unused);
  }
};

ImageFolder::ImageFolder(std::string_view path, ImageFolderOptions options) {
  require<ValueError>(options.channels == 1 || options.channels == 3, "ImageFolder", "wants 1 or 3 channels, got ",
                      options.channels);
  require<ValueError>((options.height > 0 && options.width > 0) || (options.height == 0 && options.width == 0),
                      "ImageFolder", "wants a height and a width above 0, or none, got ", options.height, " and ",
                      options.width);
  auto content = std::make_shared<Content>();
  content->path = path;
  if (options.height > 0) {
    content->fit = cover(options.height, options.width);
  }
  if (fs::is_directory(content->path)) {
    content->pictures = pictures_in_folder(fs::path(content->path) / options.part);
  } else {
    content->archive = io::read_maybe_gzip(path, max_archive);
    content->pictures = pictures_in_archive(content->archive, path, options.part);
  }
  content->classes = label(content->pictures);
  require<IoError>(!content->pictures.empty(), path,
                   "has no pictures (.png, .jpg, .jpeg or .bmp) in folders, one for each class",
                   options.part.empty() ? "" : concat(", below ", options.part));
  content->options = std::move(options);
  content_ = std::move(content);
}

std::int64_t ImageFolder::size() const { return static_cast<std::int64_t>(content_->pictures.size()); }

Example ImageFolder::get(std::int64_t index) const {
  const Picture& p = content_->picture(index);
  return {content_->image(p), p.label};
}

const std::vector<std::string>& ImageFolder::classes() const { return content_->classes; }

std::string ImageFolder::path(std::int64_t index) const { return content_->place(content_->picture(index)); }

ImageDataset ImageFolder::in_memory() const {
  const Shape shape = get(0).image.shape();
  Tensor images = Tensor::empty({size(), shape[0], shape[1], shape[2]}, uint8);
  Tensor labels = Tensor::empty({size()}, int64);
  auto* label_of = labels.mutable_data<std::int64_t>();
  parallel_for(size(), 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const Example example = get(i);
      require<ShapeError>(example.image.shape() == shape, "ImageFolder", path(i), " is ", example.image.shape(), ", ",
                          path(0), " is ", shape, "; give a height and a width");
      images.select(0, i).copy_from(example.image);
      label_of[i] = example.label;
    }
  });
  return {images, labels};
}

}  // namespace reel::data
