// Benchmarks of the pieces. `./run bench --benchmark_filter=conv` picks some; bench/vs_pytorch.py measures whole epochs
// beside PyTorch.

#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
