#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <reel/core/error.h>
#include <reel/core/io/deflate.h>
#include <reel/data/download.h>
#include <reel/data/process.h>
#include <reel/data/sha256.h>

namespace reel::data {
namespace {

constexpr std::size_t max_unpacked = std::size_t{1} << 28;  // five times MNIST's largest file
constexpr std::string_view advice =
    "; without a network, get the files elsewhere and give their folder with --data DIR";

struct RemoteFile {
  std::string_view name;
  ExpectedSha256 sha256;
};

struct RemoteDataset {
  std::string_view name;
  const char* variable;  // of the environment, that names another mirror
  std::string_view mirror;
  std::array<RemoteFile, 4> files;
};

constexpr std::array<RemoteDataset, 2> datasets = {{
    {"mnist",
     "REEL_MNIST_URL",
     "https://ossci-datasets.s3.amazonaws.com/mnist/",
     {{{"train-images-idx3-ubyte.gz",
        {"440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
         "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"}},
       {"train-labels-idx1-ubyte.gz",
        {"3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
         "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"}},
       {"t10k-images-idx3-ubyte.gz",
        {"8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
         "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"}},
       {"t10k-labels-idx1-ubyte.gz",
        {"f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
         "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}}}}},
    {"fashion-mnist",
     "REEL_FASHION_MNIST_URL",
     "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
     {{{"train-images-idx3-ubyte.gz", {"3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"}},
       {"train-labels-idx1-ubyte.gz", {"a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"}},
       {"t10k-images-idx3-ubyte.gz", {"346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"}},
       {"t10k-labels-idx1-ubyte.gz", {"67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"}}}}},
}};

const RemoteDataset& find(std::string_view name) {
  const auto found = std::find_if(datasets.begin(), datasets.end(), [&](const auto& d) { return d.name == name; });
  require<ValueError>(found != datasets.end(), "fetch", "knows \"mnist\" and \"fashion-mnist\", got \"", name, "\"");
  return *found;
}

/// The value of an environment variable; "" where it is not set.
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string base_url(const RemoteDataset& dataset, const FetchOptions& options) {
  std::string url = options.base_url;
  if (url.empty()) url = environment(dataset.variable);
  if (url.empty()) url = dataset.mirror;
  if (!url.ends_with('/')) url += '/';
  return url;
}

bool is_right(const std::string& path, std::string_view sha256, const ExpectedSha256& expected) {
  if (sha256 == expected.file) return true;
  if (expected.unpacked.empty()) return false;
  try {
    return reel::data::sha256(io::read_maybe_gzip(path, max_unpacked)) == expected.unpacked;
  } catch (const IoError&) {  // no gzip file at all, or a broken one
    return false;
  }
}

bool is_there(const std::string& path, const ExpectedSha256& expected) {
  std::error_code ignored;
  return std::filesystem::is_regular_file(path, ignored) && is_right(path, sha256_of_file(path), expected);
}

ProcessResult run_curl(const std::string& url, const std::string& part) {
  const auto result = run_process("curl", {"--fail",
                                           "--location",
                                           "--silent",
                                           "--show-error",
                                           "--proto",
                                           "=http,https,file",
                                           "--proto-redir",
                                           "=http,https",
                                           "--connect-timeout",
                                           "20",
                                           "--retry",
                                           "2",
                                           "--speed-time",
                                           "60",
                                           "--continue-at",
                                           "-",
                                           "--output",
                                           part,
                                           "--url",
                                           url});
  require<IoError>(result.has_value(), part, "downloading ", url,
                   " wants the program curl, which was not found in PATH", advice);
  return *result;
}

/// Whether a server can't or won't send the rest of a file that was begun.
bool refuses_rest(const ProcessResult& result) {
  constexpr int http_error = 22;
  constexpr int no_ranges = 33;
  constexpr int bad_resume = 36;
  return result.exit_code == http_error || result.exit_code == no_ranges || result.exit_code == bad_resume;
}

/// Makes `part` the content of `url`, going on with what is there of it.
void download(const std::string& url, const std::string& part, const ExpectedSha256& expected) {
  if (is_there(part, expected)) return;  // a run ended before the renaming
  std::error_code ignored;
  const bool begun = std::filesystem::file_size(part, ignored) > 0 && !ignored;
  ProcessResult result = run_curl(url, part);
  // What was there may have been no beginning of this file. curl takes one that is too long for a whole one.
  if (begun && (refuses_rest(result) || (result.exit_code == 0 && !is_there(part, expected)))) {
    std::filesystem::remove(part, ignored);
    result = run_curl(url, part);
  }
  while (!result.errors.empty() && result.errors.back() == '\n') result.errors.pop_back();
  require<IoError>(result.exit_code == 0, part, "downloading ", url, " failed: ", result.errors, " (curl exit code ",
                   result.exit_code, ")", advice);
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  require<IoError>(!error, folder.string(), "can't be made: ", error.message());
}

}  // namespace

std::string default_cache_dir() {
  if (std::string chosen = environment("REEL_CACHE_DIR"); !chosen.empty()) return chosen;
  if (const std::string cache = environment("XDG_CACHE_HOME"); !cache.empty()) return cache + "/reel";
  const std::string home = environment("HOME");
  require<ValueError>(!home.empty(), "default_cache_dir",
                      "wants one of REEL_CACHE_DIR, XDG_CACHE_HOME and HOME to be set");
  return home + "/.cache/reel";
}

std::string fetch(std::string_view name, const FetchOptions& options) {
  const RemoteDataset& dataset = find(name);
  const std::filesystem::path cache = options.cache_dir.empty() ? default_cache_dir() : options.cache_dir;
  const std::string base = base_url(dataset, options);
  for (const RemoteFile& file : dataset.files) {
    const std::string path = (cache / name / file.name).string();
    if (is_there(path, file.sha256)) continue;
    const std::string url = concat(base, file.name);
    if (options.log) options.log(concat("downloading ", url, " to ", path));
    fetch_file(url, path, file.sha256);
  }
  return (cache / name).string();
}

void fetch_file(const std::string& url, const std::string& path, const ExpectedSha256& expected) {
  if (is_there(path, expected)) return;
  const std::string part = path + ".part";
  make_folder(std::filesystem::absolute(path).parent_path());
  download(url, part, expected);
  const std::string got = sha256_of_file(part);
  std::error_code error;
  const bool right = is_right(part, got, expected);
  if (!right) std::filesystem::remove(part, error);
  require<IoError>(right, path, "downloaded from ", url, ", wants SHA-256 ", expected.file, ", got ", got,
                   "; it was removed");
  std::filesystem::rename(part, path, error);
  require<IoError>(!error, path, "can't be replaced by ", part, ": ", error.message());
}

}  // namespace reel::data
