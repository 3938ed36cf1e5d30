#pragma once

#include <memory>
#include <optional>
#include <reel/data/dataset.h>
#include <string>
#include <string_view>
#include <vector>

namespace reel::data {

/// What an ImageFolder reads, and how.
struct ImageFolderOptions {
  /// The folder within the path that has the classes' folders, such as "train"; "" for the path itself.
  std::string part = {};
  /// 3 (red, green, blue) or 1 (grey); files of another kind are converted.
  int channels = 3;
  /// Every image is brought to this many rows and columns: scaled so that it just covers them, and then the middle is
  /// cut out. 0: as they are; then all must have one size:
  std::int64_t height = 0;
  std::int64_t width = 0;
};

/// Pictures in a folder for each class, as torchvision's ImageFolder has them: `cat/1.png`, `dog/a/2.jpg` ... PNG, JPEG
/// and BMP, known by their endings (.png, .jpg, .jpeg, .bmp); other files are passed over. Classes are the folders'
/// names in order, 0, 1, ... and examples come in the order of their paths. From a folder, or straight from a .tar or
/// .tar.gz file, which is kept in memory as it is, unpacked by gzip. A picture is decoded each time it is asked for, so
/// on a DataLoader's workers; in_memory() does it once.
class ImageFolder final : public Dataset {
 public:
  /// Throws IoError for what can't be read, is no archive (see tar_members), or has no pictures in folders; ValueError
  /// for other numbers of channels and sizes below 0, or one size of two.
  explicit ImageFolder(std::string_view path, ImageFolderOptions options = {});

  [[nodiscard]] std::int64_t size() const override;
  /// The image, uint8 [C, H, W], and its class. Throws IndexError, and IoError where the picture can't be read (see
  /// read_image).
  [[nodiscard]] Example get(std::int64_t index) const override;

  /// The names of the classes, by label.
  [[nodiscard]] const std::vector<std::string>& classes() const;
  /// Where an example comes from, for messages and lists. Throws IndexError.
  [[nodiscard]] std::string path(std::int64_t index) const;
  /// All pictures, decoded by as many threads as there are. Throws IoError as get() does, and ShapeError, which names
  /// the file, where they are of different sizes.
  [[nodiscard]] ImageDataset in_memory() const;

 private:
  struct Content;

  std::shared_ptr<const Content> content_;  // a copy shares it
};

}  // namespace reel::data
