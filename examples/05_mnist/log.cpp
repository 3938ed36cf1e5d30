#include "log.h"

#include <sys/resource.h>

#include <reel/core/io/json.h>
#include <reel/core/parallel.h>

namespace mnist {

std::int64_t peak_rss_bytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return usage.ru_maxrss;
#else
  return std::int64_t{usage.ru_maxrss} * 1024;
#endif
}

Log::Log(const std::string& path, bool goes_on) {
  using Old = reel::io::RecordFile::Old;
  if (!path.empty()) file_.emplace(path, goes_on ? Old::keep : Old::replace);
}

void Log::write(const Options& o, const reel::data::Mnist& data, std::int64_t parameters) {
  if (!file_) return;
  const std::string text = reel::io::JsonObject()
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
  file_->append(text + '\n');
}

void Log::write(const EpochResult& r) {
  if (!file_) return;
  file_->append(reel::io::JsonObject()
                    .add("epoch", r.epoch)
                    .add("train_loss", r.train_loss)
                    .add("train_seconds", r.train_seconds)
                    .add("lr", r.lr)
                    .add("test_loss", r.test_loss)
                    .add("test_accuracy", r.test_accuracy)
                    .add("images_per_second", r.images_per_second)
                    .add("peak_rss_bytes", r.peak_rss_bytes)
                    .text() +
                '\n');
}

}  // namespace mnist
