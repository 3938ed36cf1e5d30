// Benchmarks of the pieces: `./run bench`. bench/vs_pytorch.py measures them, and whole epochs, beside PyTorch.

#include <benchmark/benchmark.h>

#include <fstream>
#include <iostream>
#include <reel/core/error.h>
#include <sstream>
#include <string_view>

#include "report.h"
#include "rows.h"
#include "shapes.h"

namespace {

constexpr const char* usage =
    R"(usage: reel_bench [--quick] [--threads=1,2] [--report=PATH] [--shapes] [OPTIONS OF GOOGLE BENCHMARK]

  --quick            fewer rows, 2 threads alone and a shorter time for each: about a minute
  --threads=LIST     the numbers of threads that every row is measured with (default 1,2)
  --report=PATH      writes the results to PATH.json, and as a table in Markdown to PATH.md
  --shapes           prints what is measured as JSON, and ends

Rows are named op/name/pass/threads:n. Options of Google Benchmark that are of use here:

  --benchmark_filter=REGEX     rows with names that match: conv2d, 'train/lenet5', '/forward/'
  --benchmark_min_time=SECONDS a row's time (default 0.5)
)";

std::vector<std::int64_t> numbers(std::string_view list) {
  std::vector<std::int64_t> result;
  std::istringstream in{std::string(list)};
  std::int64_t n = 0;
  char comma = ',';
  while (comma == ',' && in >> n && n > 0) {
    result.push_back(n);
    comma = 0;
    in >> comma;
  }
  reel::require<reel::ValueError>(in.eof() && comma == 0, "--threads", "wants numbers as in 1,2, got ", list);
  return result;
}

int run(int argc, char** argv) {
  bench::Plan plan;
  std::vector<char*> rest{argv[0]};
  std::string short_time = "--benchmark_min_time=0.05";
  std::string report;
  bool has_threads = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h") return std::cout << usage, 0;
    if (word == "--shapes") return bench::print_shapes(std::cout), 0;
    if (word == "--quick") {
      plan.is_quick = true;
      rest.insert(rest.begin() + 1, short_time.data());  // a time that is given comes later, and so wins
    } else if (word.starts_with("--threads=")) {
      has_threads = true;
      plan.threads = numbers(word.substr(word.find('=') + 1));
    } else if (word.starts_with("--report=")) {
      report = word.substr(word.find('=') + 1);
    } else {
      rest.push_back(argv[i]);
    }
  }
  std::string json = "--benchmark_out=" + report + ".json";
  if (!report.empty()) rest.insert(rest.begin() + 1, json.data());
  if (plan.is_quick && !has_threads) plan.threads = {2};
  int count = static_cast<int>(rest.size());
  rest.push_back(nullptr);
  benchmark::Initialize(&count, rest.data());
  if (benchmark::ReportUnrecognizedArguments(count, rest.data())) return 1;
  bench::add_machine_rows(plan);
  bench::add_conv_rows(plan);
  bench::add_op_rows(plan);
  bench::add_sequence_rows(plan);
  bench::add_model_rows(plan);
  bench::TableReporter reporter;
  if (benchmark::RunSpecifiedBenchmarks(&reporter) > 0 && !report.empty()) {
    std::ofstream table(report + ".md");
    reporter.write_table(table);
    reel::require<reel::IoError>(table.flush().good(), report + ".md", "can't be written");
    std::cout << "written: " << report << ".md, " << report << ".json\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
