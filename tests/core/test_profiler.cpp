#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <reel/core/scope.h>
#include <stdexcept>
#include <tests/core/io/files.h>
#include <tests/core/profiles.h>
#include <thread>

using namespace reel;
using namespace reel::testing;
using detail::Span;
using detail::SpanKind;

namespace {

void work(int milliseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  while (std::chrono::steady_clock::now() < end) {
  }
}

void op(const char* name, std::int64_t multiply_adds = 0, std::uint64_t bytes = 0) {
  if (Profiler::current() != nullptr) Profiler::current()->op(name, multiply_adds, bytes, Shape{2, 3});
}

}  // namespace

TEST_CASE("profiler: regions nest, and every nanosecond counts once") {
  Profiler profiler;
  {
    const ProfileRegion step("step");
    work(2);
    for (int i = 0; i < 2; ++i) {
      const ProfileRegion part("part");
      work(1);
      op("mul", 0, 24);
    }
  }
  work(1);
  profiler.stop();
  work(1);  // nobody looks

  const ProfileTable table = profiler.by_op();
  auto rows = by_path(table);
  REQUIRE(rows.size() == 3);
  CHECK(rows["step"].calls == 1);
  CHECK(rows["step/part"].calls == 2);
  CHECK(rows["step/part/mul"].calls == 2);
  CHECK(rows["step/part/mul"].bytes == 48);
  CHECK(rows["step"].bytes == 48);
  CHECK(rows["step"].self_seconds >= 2e-3);
  CHECK(rows["step/part/mul"].seconds >= 2e-3);
  CHECK(rows["step/part/mul"].seconds == rows["step/part/mul"].self_seconds);
  CHECK(rows["step/part"].seconds ==
        doctest::Approx(rows["step/part"].self_seconds + rows["step/part/mul"].seconds).epsilon(1e-9));
  CHECK(rows["step"].seconds == doctest::Approx(rows["step"].self_seconds + rows["step/part"].seconds).epsilon(1e-9));
  CHECK(table.rest.seconds >= 1e-3);
  CHECK(sum_of_parts(table) == doctest::Approx(table.total.seconds).epsilon(1e-9));
  CHECK(sum_of_parts(profiler.by_module()) == doctest::Approx(table.total.seconds).epsilon(1e-9));
  CHECK(profiler.by_op().total.seconds == table.total.seconds);  // stopped
}

TEST_CASE("profiler: what takes longest comes first, among the parts of one row") {
  Profiler profiler;
  op("none");
  work(1);
  op("short");
  work(60);  // a busy machine makes others longer than they want to be
  op("long");
  const ProfileTable table = profiler.by_op();
  REQUIRE(table.rows.size() == 3);
  CHECK(table.rows[0].name == "long");
  CHECK(table.rows[1].name == "short");
}

TEST_CASE("profiler: a look at one that runs counts what is under way") {
  Profiler profiler;
  const ProfileRegion region("region");
  work(1);
  const ProfileTable table = profiler.by_op();
  CHECK(table.rows.at(0).seconds >= 1e-3);
  CHECK(sum_of_parts(table) == doctest::Approx(table.total.seconds).epsilon(1e-9));
}

TEST_CASE("profiler: modules by path, forward and backward") {
  Profiler profiler;
  {
    const Scope model("");
    const Scope features("features");
    for (int i = 0; i < 2; ++i) {
      const Scope conv("0");
      work(1);
      op("conv2d", 500, 8);
    }
    const Scope relu("1");
    op("relu");
  }
  {
    const Span sweep(SpanKind::sweep, "backward");
    const Span backward(SpanKind::backward, "conv2d", "features.0");
    work(1);
    op("conv2d_weight_grad", 300);
    Profiler::current()->count(20);
    Profiler::current()->touch(1000);  // an op has said it
  }
  {
    const Span sweep(SpanKind::sweep, "backward");
    const Span backward(SpanKind::backward, "gru", "cell.rnn");  // whose forward was before
    Profiler::current()->touch(1000);
  }
  profiler.stop();
  const ProfileTable table = profiler.by_module();
  std::vector<std::string> names;
  for (const ProfileRow& row : table.rows) names.push_back(row.name);
  CHECK(names == std::vector<std::string>{"features", "features.0", "features.1", "cell", "cell.rnn"});
  auto rows = by_path(table);
  CHECK(rows["features"].calls == 1);
  CHECK(rows["features"].depth == 0);
  CHECK(rows["features.0"].calls == 2);
  CHECK(rows["features.0"].depth == 1);
  CHECK(rows["features.0"].backward_seconds >= 1e-3);
  CHECK(rows["features.0"].seconds >= 3e-3);
  CHECK(rows["features.0"].multiply_adds == 1320);
  CHECK(rows["features"].multiply_adds == 1320);
  CHECK(rows["features.0"].bytes == 16);
  CHECK(rows["features.1"].backward_seconds == 0);
  CHECK(rows["cell.rnn"].calls == 0);
  CHECK(rows["cell.rnn"].bytes == 1000);
  auto ops = by_path(profiler.by_op());
  CHECK(ops["backward/conv2d backward/conv2d_weight_grad"].multiply_adds == 300);
  CHECK(ops["backward/conv2d backward"].multiply_adds == 320);
  CHECK(ops["backward"].multiply_adds == 320);
  CHECK(ops["backward"].backward_seconds == ops["backward"].seconds);
  CHECK(ops["conv2d"].backward_seconds == 0);
}

TEST_CASE("profiler: an op that is made of ops is one row with parts") {
  Profiler profiler;
  {
    const Span span(SpanKind::op, "checkpoint");
    op("mul", 0, 5);
    op("checkpoint", 0, 7);
  }
  op("checkpoint");  // one without parts is the same op
  {
    const ProfileRegion region("matmul");  // a region that is called as an op is none
    op("matmul");
  }
  auto rows = by_path(profiler.by_op());
  CHECK(rows.size() == 4);
  CHECK(rows["checkpoint"].calls == 2);
  CHECK(rows["checkpoint"].bytes == 12);
  CHECK(rows["checkpoint/mul"].bytes == 5);
  CHECK(rows["matmul/matmul"].calls == 1);
}

TEST_CASE("profiler: an exception leaves no region open") {
  Profiler profiler;
  const auto fail = [] {
    const Scope module("layer");
    const ProfileRegion region("fails");
    throw std::runtime_error("as it should");
  };
  CHECK_THROWS_AS(fail(), std::runtime_error);
  op("after");
  auto rows = by_path(profiler.by_op());
  CHECK(rows.count("after") == 1);
  CHECK(rows["fails"].calls == 1);
  for (const TraceEvent& event : read_trace(profiler.trace())) {
    if (event.name == "after") CHECK(event.module.empty());
  }
}

TEST_CASE("profiler: what began before it, or outlives it, is no trouble") {
  std::optional<Profiler> profiler;
  {
    const ProfileRegion before("before");
    profiler.emplace();
    {
      const ProfileRegion inside("inside");
      op("first");
    }
  }
  op("second");
  CHECK(profiler->by_op().rows.size() == 3);
  {
    const ProfileRegion cut_short("cut short");
    profiler->stop();
    op("unseen");
    auto rows = by_path(profiler->by_op());
    CHECK(rows.count("cut short") == 1);
    CHECK(rows.count("unseen") == 0);
    profiler.reset();
    profiler.emplace();  // in the same place: the end of the region is not its affair
    const ProfileRegion other("other");
  }
  op("third");
  CHECK(by_path(profiler->by_op()).count("third") == 1);
}

TEST_CASE("profiler: one at a time on a thread") {
  CHECK(Profiler::current() == nullptr);
  Profiler profiler;
  CHECK(Profiler::current() == &profiler);
  CHECK_THROWS_WITH_AS(Profiler(), "Profiler: another one is running on this thread; stop() it first", StateError);
  CHECK(Profiler::current() == &profiler);
  profiler.stop();
  CHECK(Profiler::current() == nullptr);
  { const Profiler other; }
  profiler.stop();
}

TEST_CASE("profiler: a trace is JSON, whatever the names") {
  Profiler profiler;
  const std::string odd = "a \"quoted\\ name\"\n\x01\xff</script>";
  const Scope module("features.0");
  {
    const ProfileRegion region(odd);
    work(1);
    op("conv2d", 1000, 64);
  }
  const std::vector<TraceEvent> events = read_trace(profiler.trace());
  REQUIRE(events.size() == 5);
  CHECK(events[0].phase == "M");
  CHECK(events[2].name == "features.0");
  CHECK(events[2].category == "module");
  CHECK(events[3].name == "a \"quoted\\ name\"\n\x01?</script>");
  CHECK(events[3].category == "region");
  CHECK(events[4].name == "conv2d");
  CHECK(events[4].category == "op");
  CHECK(events[4].module == "features.0");
  CHECK(events[4].output == "[2, 3]");
  CHECK(events[4].multiply_adds == 1000);
  CHECK(events[4].duration >= 1000);                 // microseconds
  for (std::size_t i = 3; i < events.size(); ++i) {  // each within the one before
    CHECK(events[i].phase == "X");
    CHECK(events[i].begin >= events[i - 1].begin);
    CHECK(events[i].begin + events[i].duration <= events[i - 1].begin + events[i - 1].duration);
  }
  const test::TemporaryFolder folder;
  profiler.stop();
  profiler.save_trace(folder / "trace.json");
  CHECK(test::slurp(folder / "trace.json") == profiler.trace());
  CHECK_THROWS_AS(profiler.save_trace(folder / "none/trace.json"), IoError);
}

TEST_CASE("profiler: a trace keeps as many events as it may, and says how many it has not") {
  Profiler profiler({.trace_events = 2});
  const ProfileRegion region("region");
  for (int i = 0; i < 3; ++i) op("mul");
  CHECK(read_trace(profiler.trace()).size() == 2 + 2);
  CHECK(profiler.trace().find("\"dropped_events\": 2}") != std::string::npos);
  CHECK(by_path(profiler.by_op())["region/mul"].calls == 3);
}

TEST_CASE("profiler: each thread has its own") {
  Profiler profiler;
  op("mine");
  std::string trace;
  std::thread other([&] {
    CHECK(Profiler::current() == nullptr);
    op("nobody's");
    const ProfileRegion unseen("unseen");
    Profiler its;
    op("its");
    CHECK(by_path(its.by_op()).size() == 1);
    trace = its.trace();
  });
  other.join();
  auto rows = by_path(profiler.by_op());
  CHECK(rows.size() == 1);
  CHECK(rows.count("mine") == 1);
  CHECK(read_trace(trace).back().name == "its");
  CHECK(read_trace(trace).back().thread != read_trace(profiler.trace()).back().thread);
  CHECK(read_trace(trace).back().begin >= read_trace(profiler.trace()).back().begin);
}

TEST_CASE("profiler: tables, as they are printed") {
  ProfileTable table{.rows = {{.name = "backward",
                               .calls = 10,
                               .seconds = 0.03,
                               .self_seconds = 0.001,
                               .backward_seconds = 0.03,
                               .multiply_adds = 600'000'000,
                               .bytes = 12'345'678},
                              {.name = "linear backward",
                               .depth = 1,
                               .calls = 20,
                               .seconds = 0.029,
                               .self_seconds = 0.029,
                               .backward_seconds = 0.029,
                               .multiply_adds = 600'000'000,
                               .bytes = 12'345'678},
                              {.name = "relu", .calls = 10, .seconds = 0.005, .self_seconds = 0.005, .bytes = 999}},
                     .rest = {.name = "", .seconds = 0.004, .self_seconds = 0.004},
                     .profiler_seconds = 0.001,
                     .total = {.name = "", .seconds = 0.04, .multiply_adds = 600'000'000, .bytes = 12'345'678}};
  CHECK(concat(table) ==
        "op                 calls     ms  self ms    share  GFLOP/s    bytes\n"
        "backward              10  30.00     1.00   75.0 %     40.0  12.3 MB\n"
        "  linear backward     20  29.00    29.00   72.5 %     41.4  12.3 MB\n"
        "relu                  10   5.00     5.00   12.5 %             999 B\n"
        "(no op)                    4.00     4.00   10.0 %\n"
        "(the profiler)             1.00     1.00    2.5 %\n"
        "total                     40.00           100.0 %     30.0  12.3 MB\n");
  table.is_by_module = true;
  CHECK(
      concat(table).starts_with("module             calls     ms  self ms  backward ms    share  GFLOP/s    bytes\n"));
}
