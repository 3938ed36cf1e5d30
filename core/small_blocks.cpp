#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>
#include <new>
#include <reel/core/small_blocks.h>
#include <utility>

namespace reel::detail {
namespace {

constexpr std::size_t line = 64;
constexpr std::size_t classes = largest_small_block / line;
constexpr int batch_size = 64;

/// A free block. The first one of a batch links to the next batch, too.
struct Free {
  Free* next;
  Free* next_batch;
  int count;
};
static_assert(sizeof(Free) <= line);

/// A chain of free blocks.
struct Batch {
  Free* first = nullptr;
  int count = 0;

  void push(std::byte* block) {
    first = new (block) Free{first, nullptr, 0};
    ++count;
  }
  std::byte* pop() {
    --count;
    return reinterpret_cast<std::byte*>(std::exchange(first, first->next));
  }
};

std::byte* allocate_from_system(std::size_t bytes) {
  void* block = std::aligned_alloc(line, bytes);
  if (block == nullptr) throw std::bad_alloc();
  return static_cast<std::byte*>(block);
}

/// Batches that no thread has at hand.
class Store {
 public:
  void put(Batch batch) {
    const std::scoped_lock lock(mutex_);
    batch.first->count = batch.count;
    batch.first->next_batch = std::exchange(batches_, batch.first);
  }
  /// A batch of another thread's, or a new one.
  Batch take(std::size_t bytes) {
    {
      const std::scoped_lock lock(mutex_);
      if (Free* first = batches_; first != nullptr) {
        batches_ = first->next_batch;
        return {first, first->count};
      }
    }
    std::byte* blocks = allocate_from_system(batch_size * bytes);
    Batch batch;
    for (int i = batch_size - 1; i >= 0; --i) batch.push(blocks + static_cast<std::size_t>(i) * bytes);
    return batch;
  }

 private:
  std::mutex mutex_;
  Free* batches_ = nullptr;
};

/// Never destroyed, so that tensors in static storage may outlive main.
Store& store(std::size_t index) {
  static auto& stores = *new std::array<Store, classes>;
  return stores[index];
}

/// What a thread has at hand of one size: up to two batches, so that taking and giving back at the brink of one doesn't
/// go to the store each time.
struct AtHand {
  Batch current, spare;
};

// Without a destructor, so that it can be used while a thread's other objects are destroyed.
thread_local constinit std::array<AtHand, classes> at_hand{};
thread_local constinit bool has_ended = false;

/// Brings a thread's blocks back to the store at its end.
struct AtThreadEnd {
  ~AtThreadEnd() {
    has_ended = true;
    for (std::size_t i = 0; i < classes; ++i) {
      for (Batch* batch : {&at_hand[i].current, &at_hand[i].spare}) {
        if (batch->count > 0) store(i).put(std::exchange(*batch, {}));
      }
    }
  }
  void begin() {}
};
thread_local AtThreadEnd at_thread_end;

std::size_t class_of(std::size_t bytes) { return (std::max<std::size_t>(bytes, 1) - 1) / line; }

}  // namespace

std::byte* take_small_block(std::size_t bytes) {
  const std::size_t index = class_of(bytes);
  if (!keeps_blocks) return allocate_from_system((index + 1) * line);
  AtHand& hand = at_hand[index];
  if (hand.current.count == 0) [[unlikely]] {
    at_thread_end.begin();
    std::swap(hand.current, hand.spare);
    if (hand.current.count == 0) hand.current = store(index).take((index + 1) * line);
  }
  std::byte* block = hand.current.pop();
  if (has_ended && hand.current.count > 0) [[unlikely]]
    store(index).put(std::exchange(hand.current, {}));
  return block;
}

void give_back_small_block(std::byte* block, std::size_t bytes) noexcept {
  if (!keeps_blocks) return std::free(block);
  const std::size_t index = class_of(bytes);
  AtHand& hand = at_hand[index];
  if (hand.current.count == 0) at_thread_end.begin();
  if (hand.current.count == batch_size) [[unlikely]] {
    std::swap(hand.current, hand.spare);
    if (hand.current.count > 0) store(index).put(std::exchange(hand.current, {}));
  }
  hand.current.push(block);
  if (has_ended) [[unlikely]]
    store(index).put(std::exchange(hand.current, {}));
}

}  // namespace reel::detail
