#include <algorithm>
#include <cmath>
#include <reel/core/io/json.h>
#include <reel/training/logger.h>
#include <set>
#include <string_view>

namespace reel::training {
namespace {

void require_name(const std::string& name) {
  require<ValueError>(!name.empty() && io::is_utf8(name), "Logger", "wants names in UTF-8, and not empty, got ",
                      io::json_quote(io::replace_bad_utf8(name)));
}

std::string csv_number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return io::json_number(value);
}

/// A cell that no comma, quote or end of line cuts.
std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

}  // namespace

void Logger::scalars(const Scalars& values, std::int64_t step) {
  std::set<std::string_view> names;
  for (const auto& [name, value] : values) {
    require_name(name);
    require<ValueError>(name != "step", "Logger", "the name step is taken by the step itself");
    require<ValueError>(names.insert(name).second, "Logger", "got ", name, " twice for one step");
  }
  write_scalars(values, step);
}

void Logger::image(const std::string& name, const Tensor& image, std::int64_t step) {
  require_name(name);
  write_image(name, image, step);
}

void Logger::histogram(const std::string& name, const Tensor& values, std::int64_t step) {
  require_name(name);
  write_histogram(name, training::histogram(values), step);
}

void JsonLogger::write_scalars(const Scalars& values, std::int64_t step) {
  io::JsonObject line;
  line.add("step", step);
  for (const auto& [name, value] : values) line.add(name, value);
  file_.append(line.text() + '\n');
}

void JsonLogger::write_histogram(const std::string& name, const Histogram& histogram, std::int64_t step) {
  file_.append(io::JsonObject()
                   .add("step", step)
                   .add("histogram", name)
                   .add("count", histogram.count)
                   .add("min", histogram.min)
                   .add("max", histogram.max)
                   .add("mean", histogram.sum / static_cast<double>(histogram.count))
                   .add("limits", histogram.limits)
                   .add("counts", histogram.counts)
                   .text() +
               '\n');
}

void CsvLogger::write_scalars(const Scalars& values, std::int64_t step) {
  std::string text;
  std::vector<std::string> columns;
  if (columns_) {
    columns = *columns_;
  } else {
    text = "step";
    for (const auto& [name, value] : values) {
      text += ',' + csv_cell(name);
      columns.push_back(name);
    }
    text += '\n';
  }
  std::vector<std::string> cells(columns.size());
  for (const auto& [name, value] : values) {
    const auto found = std::find(columns.begin(), columns.end(), name);
    require<ValueError>(found != columns.end(), "CsvLogger", "the first line has no column ", name);
    cells[static_cast<std::size_t>(found - columns.begin())] = csv_number(value);
  }
  text += std::to_string(step);
  for (const std::string& cell : cells) text += ',' + cell;
  file_.append(text + '\n');
  columns_ = std::move(columns);
}

}  // namespace reel::training
