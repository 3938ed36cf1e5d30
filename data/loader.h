#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <iterator>
#include <memory>
#include <reel/core/state_dict.h>
#include <reel/data/dataset.h>
#include <reel/data/normalize.h>
#include <reel/data/prefetch.h>
#include <reel/data/transforms.h>
#include <utility>

namespace reel::data {

/// How a DataLoader makes batches.
struct LoaderOptions {
  /// Examples in a batch; the last one of an epoch may be smaller.
  std::int64_t batch_size = 64;
  /// Visit the examples in a new random order in each epoch.
  bool shuffle = true;
  /// Together with the epoch it decides the order and all chance in the transform.
  std::uint64_t seed = 0;
  /// Leave the smaller last batch out.
  bool drop_last = false;
  /// Runs on each image, with a generator that depends on seed, epoch and the example's position in it.
  Transform transform = {};
  /// Applied to what is uint8 after the transform. float32 is left as it is.
  Normalization normalization = {};
  /// Runs on each batch at the end, with a generator that depends on seed, epoch and the batch's number; see mixup().
  BatchTransform batch_transform = {};
  /// Threads that assemble batches ahead. 0: the caller's thread does it. The batches are the same in any case.
  int workers = 1;
};

/// Batches of a dataset, for a range-for:
///
///     DataLoader loader(dataset, {.batch_size = 64, .seed = 1});
///     for (int epoch = 0; epoch < 10; ++epoch) {
///       for (const auto& [images, labels] : loader) ...
///     }
///
/// Each `begin()` starts another epoch. What comes out depends on the dataset and the options alone, not on the
/// number of workers or threads. A copy goes through epochs of its own.
class DataLoader {
 public:
  class Iterator;

  /// Keeps a copy of the dataset (an ImageDataset's copy shares the images). Throws ValueError for an empty
  /// dataset, a batch_size below 1 or above the dataset's size, workers below 0, and for a bad normalization.
  template <std::derived_from<Dataset> D>
  explicit DataLoader(D dataset, LoaderOptions options = {})
      : DataLoader(std::shared_ptr<const Dataset>(std::make_shared<D>(std::move(dataset))), std::move(options)) {}
  /// The same with a dataset that is shared.
  explicit DataLoader(std::shared_ptr<const Dataset> dataset, LoaderOptions options = {});
  /// A copy begins at the epoch that the next begin() of the original would start, and is independent of it:
  DataLoader(const DataLoader& other);
  DataLoader& operator=(const DataLoader& other) { return *this = DataLoader(other); }
  DataLoader(DataLoader&&) noexcept = default;
  DataLoader& operator=(DataLoader&&) noexcept = default;
  ~DataLoader() = default;

  /// Starts the next epoch. Leaving the loop early ends it. What a dataset or transform throws on a worker arrives
  /// here and at the iterator's ++.
  [[nodiscard]] Iterator begin();
  /// Where a range-for ends.
  [[nodiscard]] static std::default_sentinel_t end() { return {}; }

  /// Batches in an epoch.
  [[nodiscard]] std::int64_t size() const;
  /// The epoch that the next `begin()` starts; the first is 0.
  [[nodiscard]] std::int64_t epoch() const { return epoch_; }
  /// The batch that it starts with; 0 unless set_epoch() or a state says otherwise.
  [[nodiscard]] std::int64_t next_batch() const { return first_batch_; }
  /// Makes the next `begin()` start `epoch`, at batch `first_batch` of it: a run that was stopped goes on with
  /// the very batches it would have seen. Throws ValueError for an epoch below 0 or a batch outside of [0, size()].
  void set_epoch(std::int64_t epoch, std::int64_t first_batch = 0);
  /// As they were given:
  [[nodiscard]] const Dataset& dataset() const;
  [[nodiscard]] const LoaderOptions& options() const;
  /// How long the loop over the latest epoch has waited for batches; 0 before the first. Where that is much of its
  /// time, more workers help, or less work for each example.
  [[nodiscard]] double seconds_waited() const { return place_ == nullptr ? 0 : place_->waited; }

  /// The place behind the batch that the latest loop has in hand, or behind that epoch: with it a run that is stopped
  /// within an epoch, too, goes on with the batches that it has not seen. One that was stopped with the last batch in
  /// hand goes on with an epoch of no batch, and so with what comes after the loop.
  [[nodiscard]] StateDict state_dict() const;
  /// Throws StateError where the state is that of a loader with another number of examples, batch_size, drop_last or
  /// seed, whose batches are others.
  void load_state_dict(const StateDict& state);

 private:
  struct Plan;
  /// The epoch and the batch that come next, as the iterator of the latest begin() goes on.
  struct Place {
    std::int64_t epoch = 0;
    std::int64_t batch = 0;
    double waited = 0;  // seconds of that epoch
  };

  std::shared_ptr<const Plan> plan_;  // shared with the iterators, so that the loader may go before them
  std::shared_ptr<Place> place_;      // with the latest iterator; null before the first
  std::int64_t epoch_ = 0;
  std::int64_t first_batch_ = 0;
};

/// A place in an epoch. Input iterator: each batch is seen once.
class DataLoader::Iterator {
 public:
  /// Of an input iterator:
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  /// The batch:
  [[nodiscard]] const Batch& operator*() const { return batch_; }
  [[nodiscard]] const Batch* operator->() const { return &batch_; }
  /// The next batch. Throws what a dataset or transform threw for it.
  Iterator& operator++() {
    batch_ = {};  // its memory may serve the next batch
    advance();
    return *this;
  }
  void operator++(int) { ++*this; }
  /// Whether the epoch is over.
  [[nodiscard]] bool operator==(std::default_sentinel_t) const { return !batch_.images.defined(); }

 private:
  friend class DataLoader;
  Iterator(std::unique_ptr<Prefetcher> source, std::shared_ptr<Place> place)
      : source_(std::move(source)), place_(std::move(place)) {
    advance();
  }
  void advance() {
    const auto start = std::chrono::steady_clock::now();
    batch_ = source_->next();
    place_->waited += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const bool is_over = !batch_.images.defined();
    place_->batch = is_over ? 0 : place_->batch + 1;
    if (is_over) ++place_->epoch;
  }

  std::unique_ptr<Prefetcher> source_;
  std::shared_ptr<Place> place_;
  Batch batch_;
};

}  // namespace reel::data
