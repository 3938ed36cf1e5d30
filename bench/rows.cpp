#include "rows.h"

#include <reel/autograd/tape.h>
#include <reel/core/parallel.h>
#include <reel/core/random.h>

namespace bench {

using namespace reel;

void add_row(const Plan& plan, const std::string& name, std::function<void(benchmark::State&)> run,
             benchmark::TimeUnit unit) {
  const auto run_with_threads = [run = std::move(run)](benchmark::State& state) {
    set_num_threads(static_cast<int>(state.range(0)));
    run(state);
  };
  auto* row = benchmark::RegisterBenchmark(name.c_str(), run_with_threads)->ArgName("threads")->Unit(unit);
  row->UseRealTime();
  for (const std::int64_t n : plan.threads) row->Arg(n);
}

void time_forward(benchmark::State& state, const Op& op) {
  time_calls(state, [&] { benchmark::DoNotOptimize(op.call()); });
  count_flops(state, op.flops);
}

void time_forward_backward(benchmark::State& state, const Op& op) {
  const Tensor gradient = normal(op.call().shape());
  time_calls(state, [&] {
    Tape tape;
    tape.backward(op.call(), {.gradient = gradient});
    for (const Variable& leaf : op.leaves) leaf.zero_grad();
  });
  count_flops(state, op.flops * static_cast<double>(1 + op.leaves.size()));
}

void add_op(const Plan& plan, const std::string& name, const std::function<Op()>& make) {
  add_row(plan, name + "/forward", [make](benchmark::State& state) { time_forward(state, make()); });
  add_row(plan, name + "/forward_backward", [make](benchmark::State& state) { time_forward_backward(state, make()); });
}

void count_flops(benchmark::State& state, double flops_per_iteration) {
  if (flops_per_iteration == 0) return;
  const double flops = flops_per_iteration * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(flops * 1e-9, benchmark::Counter::kIsRate);
}

}  // namespace bench
