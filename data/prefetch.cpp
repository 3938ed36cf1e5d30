#include <reel/core/span.h>
#include <reel/data/prefetch.h>
#include <utility>

namespace reel::data {
namespace {

/// Batches kept ready for each worker: one that is used, and one that evens out a slow step.
constexpr std::size_t depth_per_worker = 2;

}  // namespace

Prefetcher::Prefetcher(Assemble assemble, std::int64_t first, std::int64_t last, int workers)
    : assemble_(std::move(assemble)),
      last_(last),
      next_ticket_(first),
      next_delivered_(first),
      slots_(depth_per_worker * static_cast<std::size_t>(workers)) {
  for (int i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

Prefetcher::~Prefetcher() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  room_.notify_all();
}

Batch Prefetcher::next() {
  if (next_delivered_ >= last_) return {};
  const detail::Span waiting(detail::SpanKind::region, "DataLoader");
  if (threads_.empty()) return assemble_(next_delivered_++);
  Slot taken;
  {
    std::unique_lock lock(mutex_);
    Slot& wanted = slot(next_delivered_);
    batch_ready_.wait(lock, [&] { return wanted.full; });
    taken = std::exchange(wanted, {});
    ++next_delivered_;
  }
  room_.notify_one();
  if (taken.error) std::rethrow_exception(taken.error);
  return std::move(taken.batch);
}

void Prefetcher::work() {
  std::int64_t ticket = 0;
  while (take_ticket(ticket)) {
    Slot result = assemble_slot(ticket);
    {
      const std::scoped_lock lock(mutex_);
      slot(ticket) = std::move(result);
    }
    batch_ready_.notify_one();
  }
}

bool Prefetcher::take_ticket(std::int64_t& ticket) {
  std::unique_lock lock(mutex_);
  room_.wait(lock, [&] {
    return stopping_ || next_ticket_ >= last_ ||
           next_ticket_ - next_delivered_ < static_cast<std::int64_t>(slots_.size());
  });
  if (stopping_ || next_ticket_ >= last_) return false;
  ticket = next_ticket_++;
  return true;
}

Prefetcher::Slot Prefetcher::assemble_slot(std::int64_t batch) const {
  try {
    return {.full = true, .batch = assemble_(batch), .error = nullptr};
  } catch (...) {
    return {.full = true, .batch = {}, .error = std::current_exception()};
  }
}

}  // namespace reel::data
