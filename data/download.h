#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace reel::data {

struct FetchOptions {
  /// Where downloads are kept, in a folder for each dataset; "" is `default_cache_dir()`.
  std::string cache_dir = {};
  /// Where the files lie: http://, https:// or file://. "" is the environment's REEL_MNIST_URL (for "fashion-mnist":
  /// REEL_FASHION_MNIST_URL) or, without one, the dataset's public mirror.
  std::string base_url = {};
  /// Told about each file before it is downloaded. Nothing is printed otherwise.
  std::function<void(std::string_view line)> log = {};
};

/// $REEL_CACHE_DIR, or $XDG_CACHE_HOME/reel, or ~/.cache/reel. Throws ValueError where the environment has none of
/// them.
[[nodiscard]] std::string default_cache_dir();

/// The folder with the four files of "mnist" or "fashion-mnist", for `load_mnist`; what is not yet there is downloaded.
/// Every file's SHA-256 is checked, each time. Throws ValueError for another name, and what `fetch_file` throws.
std::string fetch(std::string_view name, const FetchOptions& options = {});

/// What a file is known by: 64 lower-case hexadecimal digits each.
struct ExpectedSha256 {
  std::string_view file;           // of the file as it is
  std::string_view unpacked = {};  // also accepted: of what the gzipped file holds, for mirrors that compressed it anew
};

/// Downloads `url` to `path` with the program curl, unless a file with this SHA-256 is there already. It grows as
/// `path`.part, which a later call goes on with, and gets its name once the SHA-256 is right.
/// Throws IoError, which says what to do, where there is no curl or the download fails (the .part stays),
/// and where the SHA-256 is another one (names both; the file is removed).
void fetch_file(const std::string& url, const std::string& path, const ExpectedSha256& expected);

}  // namespace reel::data
