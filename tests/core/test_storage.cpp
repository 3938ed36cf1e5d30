#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <new>
#include <reel/core/blocks.h>
#include <reel/core/kernels/elementwise.h>
#include <reel/core/kernels/matmul.h>
#include <reel/core/kernels/reduce.h>
#include <reel/core/storage.h>
#include <set>
#include <thread>
#include <vector>

using namespace reel;

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool pool_keeps_blocks = false;  // under the address sanitizer every block goes back to the system
#else
constexpr bool pool_keeps_blocks = true;
#endif

}  // namespace

TEST_CASE("blocks of every size are aligned, writable and counted") {
  const std::size_t before = memory().live;
  for (std::size_t bytes = 0; bytes < 3'000'000; bytes = bytes * 5 / 4 + 1) {
    CAPTURE(bytes);
    const Storage block(bytes);
    CHECK(reinterpret_cast<std::uintptr_t>(block.data()) % 64 == 0);
    CHECK(block.bytes() == bytes);
    std::fill_n(block.data(), bytes, std::byte{0xff});
    const std::size_t live = memory().live - before;
    CHECK(live >= bytes);
    CHECK(live <= std::max<std::size_t>(64, bytes + bytes / 4 + 64));
    CHECK(live % 64 == 0);
  }
  CHECK(memory().live == before);
}

TEST_CASE("a block is used again by the next of its size") {
  if (!pool_keeps_blocks) return;
  release_pooled_memory();
  CHECK(memory().pooled == 0);
  std::byte* first = nullptr;
  {
    const Storage block(1000);
    first = block.data();
  }
  CHECK(memory().pooled == 1024);
  const Storage again(970);
  CHECK(again.data() == first);
  CHECK(memory().pooled == 0);
  const Storage other(970);
  CHECK(other.data() != first);
}

TEST_CASE("the pool's blocks go back to the system when asked") {
  { const Storage block(1 << 20); }
  CHECK(memory().pooled >= (pool_keeps_blocks ? std::size_t{1} << 20 : 0));
  const std::size_t live = memory().live;
  release_pooled_memory();
  CHECK(memory().pooled == 0);
  CHECK(memory().live == live);
}

TEST_CASE("the peak is the most that was live at once") {
  reset_peak_memory();
  const std::size_t before = memory().live;
  CHECK(memory().peak == before);
  {
    const Storage one(1 << 20);
    { const Storage two(1 << 20); }
    const Storage three(1 << 19);
  }
  CHECK(memory().live == before);
  CHECK(memory().peak == before + (2 << 20));
  reset_peak_memory();
  CHECK(memory().peak == before);
}

TEST_CASE("a block that no machine has is refused") {
  const std::size_t before = memory().live;
  CHECK_THROWS_WITH_AS(Storage(std::size_t{1} << 46),
                       "storage: a block of 70368744177664 bytes is too large; it must be below 70368744177664 bytes",
                       ValueError);
  CHECK_THROWS_AS(Storage(~std::size_t{0}), ValueError);
  CHECK_THROWS_AS(detail::PooledVector<std::byte>(std::size_t{1} << 60), std::bad_alloc);
  CHECK(memory().live == before);
}

TEST_CASE("nothing is live after the tensors are gone") {
  const std::size_t before = memory().live;
  {
    const Tensor a = Tensor::ones({40, 50});
    const Tensor view = matmul(a, a.transpose(0, 1)).select(0, 3);
    CHECK(memory().live > before);
    CHECK(sum(exp(view * 0.0)).item() == 40);
    CHECK_THROWS_AS(static_cast<void>(add(a, view)), ShapeError);
  }
  CHECK(memory().live == before);
}

TEST_CASE("a view keeps its storage alive") {
  const std::size_t before = memory().live;
  Tensor view;
  {
    const Tensor whole = Tensor::full({100, 100}, 4);
    view = whole.narrow(0, 50, 1);
  }
  CHECK(memory().live - before >= 40'000);
  CHECK(sum(view).item() == 400);
  view = {};
  CHECK(memory().live == before);
}

TEST_CASE("steady work takes no new memory") {
  if (!pool_keeps_blocks) return;
  release_pooled_memory();
  const Tensor a = Tensor::ones({300, 300});
  const auto work = [&a] { return sum(matmul(a, a + 1.0)).item(); };
  const double expected = work();
  const MemoryStats warm = memory();
  for (int i = 0; i < 5; ++i) CHECK(work() == expected);
  CHECK(memory().live == warm.live);
  CHECK(memory().pooled == warm.pooled);
}

TEST_CASE("several threads take and give back blocks") {
  const std::size_t before = memory().live;
  std::vector<std::thread> threads;
  std::vector<int> mixed_up(4);
  for (int id = 0; id < 4; ++id) {
    threads.emplace_back([id, &mixed_up] {
      for (int i = 0; i < 500; ++i) {
        const Storage block(static_cast<std::size_t>(100 + i % 7 * 100));
        std::fill_n(block.data(), block.bytes(), static_cast<std::byte>(id));
        for (std::size_t k = 0; k < block.bytes(); ++k) mixed_up[id] += block.data()[k] != static_cast<std::byte>(id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(mixed_up == std::vector<int>(4, 0));
  CHECK(memory().live == before);
}

TEST_CASE("small blocks that one thread takes and another gives back serve again") {
  if (!pool_keeps_blocks) return;
  constexpr std::size_t blocks = 1000;
  const std::size_t before = memory().live;
  std::set<const std::byte*> places;
  for (int round = 0; round < 20; ++round) {
    std::vector<std::unique_ptr<Storage>> taken;
    std::thread([&] {
      for (std::size_t i = 0; i < blocks; ++i) taken.push_back(std::make_unique<Storage>(200));
    }).join();
    for (const auto& block : taken) places.insert(block->data());
    CHECK(memory().live == before + blocks * 256);
    std::thread([&] { taken.clear(); }).join();
  }
  CHECK(memory().live == before);
  CHECK(places.size() < 2 * blocks);
}
