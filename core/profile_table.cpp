#include <algorithm>
#include <array>
#include <iomanip>
#include <reel/core/profile_table.h>
#include <sstream>
#include <string_view>

namespace reel {
namespace {

using Cells = std::vector<std::string>;

std::string fixed(double value, int digits, std::string_view unit = {}) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(digits) << value << unit;
  return text.str();
}

std::string in_ms(double seconds) { return fixed(seconds * 1e3, 2); }

/// 12.3 MB
std::string in_bytes(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 5> units{" B", " kB", " MB", " GB", " TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 999.95 && unit + 1 < units.size(); ++unit) value /= 1000;
  return bytes == 0 ? "" : fixed(value, unit == 0 ? 0 : 1, units[unit]);
}

Cells cells(const ProfileTable& table, const ProfileRow& row) {
  Cells out{std::string(2 * static_cast<std::size_t>(row.depth), ' ') + row.name,
            row.calls == 0 ? "" : std::to_string(row.calls), in_ms(row.seconds), in_ms(row.self_seconds)};
  if (table.is_by_module) out.push_back(in_ms(row.backward_seconds));
  out.push_back(fixed(table.total.seconds > 0 ? 100 * row.seconds / table.total.seconds : 0, 1, " %"));
  const double flops = 2 * static_cast<double>(row.multiply_adds);
  out.push_back(row.multiply_adds == 0 || row.seconds <= 0 ? "" : fixed(flops / row.seconds / 1e9, 1));
  out.push_back(in_bytes(row.bytes));
  return out;
}

std::vector<Cells> lines(const ProfileTable& table) {
  Cells heading{table.is_by_module ? "module" : "op", "calls", "ms", "self ms"};
  if (table.is_by_module) heading.emplace_back("backward ms");
  heading.insert(heading.end(), {"share", "GFLOP/s", "bytes"});
  std::vector<Cells> out{heading};
  for (const ProfileRow& row : table.rows) out.push_back(cells(table, row));
  ProfileRow rest = table.rest, profiler, total = table.total;
  rest.name = table.is_by_module ? "(no module)" : "(no op)";
  profiler.name = "(the profiler)";
  profiler.seconds = profiler.self_seconds = table.profiler_seconds;
  total.name = "total";
  for (const ProfileRow& row : {rest, profiler, total}) out.push_back(cells(table, row));
  out.back()[3].clear();  // no self time
  return out;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ProfileTable& table) {
  const std::vector<Cells> rows = lines(table);
  std::vector<std::size_t> widths(rows[0].size());
  for (const Cells& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Cells& row : rows) {
    std::ostringstream line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line << (i == 0 ? "" : "  ") << (i == 0 ? std::left : std::right) << std::setw(static_cast<int>(widths[i]))
           << row[i];
    }
    std::string text = line.str();
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << '\n';
  }
  return out;
}

}  // namespace reel
