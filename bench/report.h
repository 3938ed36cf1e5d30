#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace bench {

/// Prints rows as they come, as Google Benchmark does, and keeps them for a table.
class TableReporter : public benchmark::ConsoleReporter {
 public:
  TableReporter();
  void ReportRuns(const std::vector<Run>& runs) override;

  /// In Markdown: a line for each row, with its milliseconds for each number of threads; and, below, those that more
  /// threads made slower.
  void write_table(std::ostream& out) const;

 private:
  struct Row {
    std::string name;
    std::map<std::int64_t, double> milliseconds;  // by threads
    double gflops = 0;                            // with the most threads
    [[nodiscard]] double speedup() const { return milliseconds.begin()->second / milliseconds.rbegin()->second; }
  };
  std::vector<Row> rows_;
};

}  // namespace bench
