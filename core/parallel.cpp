#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <reel/core/error.h>
#include <reel/core/parallel.h>

#if defined(REEL_THREAD_SANITIZER)
#include <sanitizer/tsan_interface.h>
#endif

namespace reel {
namespace {

std::mutex arena_mutex;
std::shared_ptr<tbb::task_arena> arena;      // guarded by arena_mutex; made at the first parallel work
std::unique_ptr<tbb::global_control> limit;  // likewise; lets oneTBB start more threads than there are cores
std::atomic<int> wanted_threads{0};          // 0: as many as the process may use

std::shared_ptr<tbb::task_arena> current_arena() {
  const std::scoped_lock lock(arena_mutex);
  if (!arena) arena = std::make_shared<tbb::task_arena>(num_threads());
  return arena;
}

thread_local bool is_in_chunk = false;  // whether this thread runs a chunk of parallel work

/// Marks the chunk that runs.
struct InChunk {
  InChunk() { is_in_chunk = true; }
  ~InChunk() { is_in_chunk = false; }
  InChunk(const InChunk&) = delete;
  InChunk& operator=(const InChunk&) = delete;
};

// The thread sanitizer can't look into oneTBB, so it is told that what was written before work is handed out is seen by
// whoever takes it, and that the caller sees what was written by the end of it. Nothing orders the chunks among each
// other.
struct Handover {
#if defined(REEL_THREAD_SANITIZER)
  static void send(char* mark) { __tsan_release(mark); }
  static void receive(char* mark) { __tsan_acquire(mark); }
#else
  static void send(char*) {}
  static void receive(char*) {}
#endif
};

/// Sends or receives at the end of a scope, also where an exception ends it.
struct AtEnd {
  void (*act)(char*);
  char* mark;
  ~AtEnd() { act(mark); }
};

}  // namespace

void set_num_threads(int n) {
  require<ValueError>(n >= 1, "set_num_threads", "wants at least 1 thread, got ", n);
  require<ValueError>(n <= max_threads, "set_num_threads", "takes at most ", max_threads, " threads, got ", n);
  const std::scoped_lock lock(arena_mutex);
  wanted_threads = n;
  arena.reset();
  limit.reset();
  if (n > tbb::this_task_arena::max_concurrency()) {
    limit = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, n);
  }
}

int num_threads() {
  const int wanted = wanted_threads.load(std::memory_order_relaxed);
  return wanted > 0 ? wanted : std::min(tbb::this_task_arena::max_concurrency(), max_threads);
}

void detail::parallel_for(std::int64_t n, std::int64_t chunk, Body body, const void* context) {
  const std::int64_t chunks = (n + chunk - 1) / chunk;
  const auto run = [&](std::int64_t i) { body(context, i * chunk, std::min(n, (i + 1) * chunk)); };
  if (num_threads() == 1 || is_in_chunk) {
    for (std::int64_t i = 0; i < chunks; ++i) run(i);
    return;
  }
  char begun = 0;
  char done = 0;
  Handover::send(&begun);
  const AtEnd receive{Handover::receive, &done};
  const auto run_received = [&](std::int64_t i) {
    Handover::receive(&begun);
    const AtEnd send{Handover::send, &done};
    const InChunk mark;
    run(i);
  };
  current_arena()->execute(
      [&] { tbb::parallel_for(std::int64_t{0}, chunks, run_received, tbb::simple_partitioner{}); });
}

}  // namespace reel
