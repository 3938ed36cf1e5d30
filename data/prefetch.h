#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <reel/data/dataset.h>
#include <thread>
#include <vector>

namespace reel::data {

/// Assembles the batches first, ..., last - 1 on other threads, a bounded number of them ahead, and hands them over in
/// order. The destructor stops the threads, wherever they are.
class Prefetcher {
 public:
  /// Makes the batch of that number.
  using Assemble = std::function<Batch(std::int64_t batch)>;

  /// `assemble` is called from any thread. With workers = 0 there are none, and `next` assembles.
  Prefetcher(Assemble assemble, std::int64_t first, std::int64_t last, int workers);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  /// The next batch, or an undefined one at the end. What `assemble` threw for that batch is thrown here.
  [[nodiscard]] Batch next();

 private:
  struct Slot {
    bool full = false;
    Batch batch;
    std::exception_ptr error;
  };

  void work();
  /// Waits until there is room for another batch; false when there is nothing left to do.
  [[nodiscard]] bool take_ticket(std::int64_t& ticket);
  [[nodiscard]] Slot assemble_slot(std::int64_t batch) const;
  [[nodiscard]] Slot& slot(std::int64_t batch) { return slots_[static_cast<std::size_t>(batch) % slots_.size()]; }

  Assemble assemble_;
  std::int64_t last_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable batch_ready_;
  std::condition_variable room_;
  std::int64_t next_ticket_;     // the batch that no worker has taken on yet
  std::int64_t next_delivered_;  // the batch that the caller gets next
  bool stopping_ = false;
  std::vector<Slot> slots_;            // batch b lies in slot b modulo their number
  std::vector<std::jthread> threads_;  // last, so that they end before what they use
};

}  // namespace reel::data
