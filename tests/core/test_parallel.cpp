#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <reel/core/error.h>
#include <reel/core/parallel.h>
#include <set>
#include <tests/threads.h>
#include <thread>
#include <utility>
#include <vector>

using namespace reel;
using reel::testing::WithThreads;

namespace {}  // namespace

TEST_CASE("the number of threads is at least one, and bounded") {
  const WithThreads guard(2);
  CHECK_THROWS_WITH_AS(set_num_threads(0), "set_num_threads: wants at least 1 thread, got 0", ValueError);
  CHECK_THROWS_AS(set_num_threads(-3), ValueError);
  CHECK_THROWS_WITH_AS(set_num_threads(max_threads + 1), "set_num_threads: takes at most 1024 threads, got 1025",
                       ValueError);
  CHECK_THROWS_AS(set_num_threads(100000), ValueError);
  CHECK(num_threads() == 2);
}

TEST_CASE("any number of threads covers each index once, cut at the same places") {
  for (const int threads : {1, 2, 3, 8}) {
    const WithThreads guard(threads);
    for (const std::int64_t n : {0, 1, 2, 7, 64, 1000}) {
      for (const std::int64_t chunk : {1, 2, 3, 7, 63, 64, 65, 1000, 5000}) {
        CAPTURE(threads);
        CAPTURE(n);
        CAPTURE(chunk);
        std::vector<std::atomic<int>> visits(static_cast<std::size_t>(n));
        std::mutex mutex;
        std::set<std::pair<std::int64_t, std::int64_t>> cuts;
        parallel_for(n, chunk, [&](std::int64_t begin, std::int64_t end) {
          for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
          const std::scoped_lock lock(mutex);
          cuts.emplace(begin, end);
        });
        int wrong = 0;
        for (const auto& count : visits) wrong += count != 1;
        CHECK(wrong == 0);
        std::set<std::pair<std::int64_t, std::int64_t>> expected;
        for (std::int64_t i = 0; i < n; i += chunk) expected.emplace(i, std::min(n, i + chunk));
        CHECK(cuts == expected);
      }
    }
  }
}

TEST_CASE("one chunk stays on the caller's thread, however many threads there are") {
  const WithThreads guard(4);
  std::thread::id ran;
  parallel_for(10, 10, [&](std::int64_t, std::int64_t) { ran = std::this_thread::get_id(); });
  CHECK(ran == std::this_thread::get_id());
}

TEST_CASE("an exception arrives from any of the threads, and work goes on afterwards") {
  for (const int threads : {1, 2, 8}) {
    CAPTURE(threads);
    const WithThreads guard(threads);
    const auto fail_at = [](std::int64_t bad) {
      parallel_for(1000, 10, [bad](std::int64_t begin, std::int64_t end) {
        require<IndexError>(bad < begin || bad >= end, "test", "index ", bad);
      });
    };
    CHECK_THROWS_WITH_AS(fail_at(0), "test: index 0", IndexError);
    CHECK_THROWS_WITH_AS(fail_at(999), "test: index 999", IndexError);
    CHECK_NOTHROW(fail_at(1000));
  }
}

TEST_CASE("a loop within a loop stays on the thread that called it") {
  for (const int threads : {1, 2, 8}) {
    CAPTURE(threads);
    const WithThreads guard(threads);
    std::atomic<std::int64_t> sum{0};
    std::atomic<int> strangers{0};
    parallel_for(20, 1, [&](std::int64_t outer, std::int64_t) {
      const std::thread::id caller = std::this_thread::get_id();
      parallel_for(50, 7, [&](std::int64_t begin, std::int64_t end) {
        strangers += std::this_thread::get_id() != caller;
        for (std::int64_t i = begin; i < end; ++i) sum += outer * 50 + i;
      });
    });
    CHECK(sum == 999 * 1000 / 2);
    CHECK(strangers == 0);
  }
}

TEST_CASE("threads of the user's own may run loops side by side") {
  const WithThreads guard(3);
  std::atomic<std::int64_t> sum{0};
  std::vector<std::thread> users;
  for (int id = 0; id < 3; ++id) {
    users.emplace_back([&sum] {
      for (int round = 0; round < 20; ++round) {
        parallel_for(100, 3, [&](std::int64_t begin, std::int64_t end) { sum += end - begin; });
      }
    });
  }
  for (std::thread& user : users) user.join();
  CHECK(sum == 3 * 20 * 100);
}
