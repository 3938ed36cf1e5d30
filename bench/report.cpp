#include "report.h"

#include <unistd.h>

#include <iomanip>
#include <set>
#include <sstream>

namespace bench {

namespace {

constexpr double noise = 1.05;  // what a time may differ by from one run to the next

std::string number(double value, int digits) {
  std::ostringstream out;
  out << std::setprecision(digits) << value;
  return std::move(out).str();
}

}  // namespace

TableReporter::TableReporter() : ConsoleReporter(isatty(STDOUT_FILENO) == 1 ? OO_Color : OO_None) {}

void TableReporter::ReportRuns(const std::vector<Run>& runs) {
  ConsoleReporter::ReportRuns(runs);
  for (const Run& run : runs) {
    if (run.error_occurred || run.run_type != Run::RT_Iteration) continue;
    const std::string& name = run.run_name.function_name;
    if (rows_.empty() || rows_.back().name != name) rows_.push_back({.name = name, .milliseconds = {}});
    Row& row = rows_.back();
    const std::string& arguments = run.run_name.args;  // threads:2
    const double to_milliseconds = 1e3 / benchmark::GetTimeUnitMultiplier(run.time_unit);
    row.milliseconds[std::stoll(arguments.substr(arguments.find(':') + 1))] =
        run.GetAdjustedRealTime() * to_milliseconds;
    const auto flops = run.counters.find("GFLOP/s");
    if (flops != run.counters.end()) row.gflops = flops->second;
  }
}

void TableReporter::write_table(std::ostream& out) const {
  std::set<std::int64_t> threads;
  for (const Row& row : rows_) {
    for (const auto& [n, milliseconds] : row.milliseconds) threads.insert(n);
  }
  out << "| row |";
  for (const std::int64_t n : threads) out << " ms, " << n << (n == 1 ? " thread |" : " threads |");
  out << " speed-up | GFLOP/s |\n|---|";
  for (std::size_t i = 0; i < threads.size() + 2; ++i) out << "---|";
  std::string slower;
  for (const Row& row : rows_) {
    out << "\n| " << row.name << " |";
    for (const std::int64_t n : threads) {
      const auto found = row.milliseconds.find(n);
      out << ' ' << (found == row.milliseconds.end() ? "" : number(found->second, 4)) << " |";
    }
    out << ' ' << (row.milliseconds.size() > 1 ? number(row.speedup(), 3) : "") << " | "
        << (row.gflops > 0 ? number(row.gflops, 3) : "") << " |";
    if (row.speedup() * noise < 1) slower += (slower.empty() ? "" : ", ") + row.name;
  }
  out << "\n\nSlower with " << *threads.rbegin() << " threads than with " << *threads.begin() << ": "
      << (slower.empty() ? "none" : slower) << ".\n";
}

}  // namespace bench
