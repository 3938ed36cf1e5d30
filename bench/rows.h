#pragma once

#include <benchmark/benchmark.h>

#include <functional>
#include <reel/autograd/variable.h>
#include <string>
#include <vector>

/// How rows are measured. A row is `op/name/pass/threads:n`, in wall-clock time.
namespace bench {

/// What this run measures.
struct Plan {
  std::vector<std::int64_t> threads{1, 2};  // a row for each
  bool is_quick = false;
};

/// Adds a row for each number of threads, which is set when `run` is called. Google Benchmark calls it several times,
/// until its loop took long enough.
void add_row(const Plan& plan, const std::string& name, std::function<void(benchmark::State&)> run,
             benchmark::TimeUnit unit = benchmark::kMillisecond);

/// Times calls of `body`, after one that warms it up: the clock may run for a single one.
template <class Body>
void time_calls(benchmark::State& state, const Body& body) {
  body();
  for (auto _ : state) body();
}

/// An op at work: its leaves, a call, and the floating-point operations of one call, where they are of interest.
struct Op {
  std::vector<reel::Variable> leaves;
  std::function<reel::Variable()> call;
  double flops = 0;
};

/// Times calls while no tape records.
void time_forward(benchmark::State& state, const Op& op);
/// Times calls on a tape, and their backward to every leaf.
void time_forward_backward(benchmark::State& state, const Op& op);
/// Adds a row of either.
void add_op(const Plan& plan, const std::string& name, const std::function<Op()>& make);

/// Reports GFLOP/s.
void count_flops(benchmark::State& state, double flops_per_iteration);

// What each bench_*.cpp adds.
void add_machine_rows(const Plan& plan);
void add_conv_rows(const Plan& plan);
void add_op_rows(const Plan& plan);
void add_sequence_rows(const Plan& plan);
void add_model_rows(const Plan& plan);

}  // namespace bench
