#include "log.h"

#include <sys/resource.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <iomanip>
#include <reel/core/io/file.h>
#include <reel/core/io/json.h>
#include <reel/core/parallel.h>
#include <sstream>

namespace mnist {

namespace {

/// Collects the members of a JSON object.
class JsonObject {
 public:
  JsonObject& add(const std::string& key, const std::string& value) { return raw(key, reel::io::json_quote(value)); }
  JsonObject& add(const std::string& key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonObject& add(const std::string& key, std::int64_t value) { return raw(key, std::to_string(value)); }
  JsonObject& add(const std::string& key, std::uint64_t value) { return raw(key, std::to_string(value)); }
  JsonObject& add(const std::string& key, double value) {
    if (!std::isfinite(value)) return raw(key, "null");  // JSON has no NaN
    std::ostringstream text;
    text << std::setprecision(9) << value;
    return raw(key, text.str());
  }
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  JsonObject& raw(const std::string& key, const std::string& value) {
    members_ += (members_.empty() ? "" : ", ") + reel::io::json_quote(key) + ": " + value;
    return *this;
  }
  std::string members_;
};

/// A terminal, a pipe and the like, which are there already and hold nothing that could be lost.
bool is_device(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::is_other(status);
}

}  // namespace

std::int64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return std::int64_t{usage.ru_maxrss} * 1024;
#endif
}

Log::Log(std::string path) : path_(std::move(path)) {
  if (!path_.empty() && !is_device(path_)) const reel::io::AtomicFile probe(path_);
}

void Log::open() {
  file_.open(path_, std::ios::app);
  reel::require<reel::IoError>(file_.good(), path_, "can't be opened: ", std::strerror(errno));
}

void Log::write(const Options& o, const reel::data::Mnist& data, std::int64_t parameters) {
  if (path_.empty()) return;
  const std::string text = JsonObject()
                               .add("recipe", o.recipe_name)
                               .add("model", o.recipe.model)
                               .add("data", o.data)
                               .add("test_data", o.test_data.empty() ? o.data : o.test_data)
                               .add("train_images", data.train.size())
                               .add("test_images", data.test.size())
                               .add("parameters", parameters)
                               .add("epochs", o.recipe.epochs)
                               .add("batch_size", o.recipe.batch_size)
                               .add("lr", o.recipe.lr)
                               .add("momentum", o.recipe.momentum)
                               .add("weight_decay", o.recipe.weight_decay)
                               .add("schedule", o.recipe.schedule)
                               .add("augment", o.recipe.augment)
                               .add("label_smoothing", o.recipe.label_smoothing)
                               .add("seed", o.seed)
                               .add("threads", std::int64_t{reel::num_threads()})
                               .add("train_limit", o.train_limit)
                               .add("holdout", o.holdout)
                               .add("load", o.load)
                               .add("save", o.save)
                               .add("mistakes", o.mistakes)
                               .add("cache_dir", o.cache_dir)
                               .add("mirror", o.mirror)
                               .text();
  if (!is_device(path_)) {
    reel::io::AtomicFile first(path_);  // a full disk leaves the old log
    first.write(text + '\n');
    first.commit();
    open();
  } else {
    open();
    line(text);
  }
}

void Log::write(const EpochResult& r) {
  if (path_.empty()) return;
  line(JsonObject()
           .add("epoch", r.epoch)
           .add("train_loss", r.train_loss)
           .add("train_seconds", r.train_seconds)
           .add("test_loss", r.test_loss)
           .add("test_accuracy", r.test_accuracy)
           .add("images_per_second", r.images_per_second)
           .add("peak_rss_bytes", r.peak_rss_bytes)
           .text());
}

void Log::line(const std::string& text) {
  errno = 0;
  file_ << text << '\n' << std::flush;
  reel::require<reel::IoError>(file_.good(), path_,
                               "can't be written: ", errno != 0 ? std::strerror(errno) : "the disk refused");
}

}  // namespace mnist
