#include "log.h"

#include <algorithm>
#include <filesystem>
#include <reel/core/io/file.h>
#include <reel/core/io/json.h>
#include <string_view>

namespace report {

using namespace reel;

namespace {

constexpr std::size_t most_bytes = std::size_t{256} << 20;

/// A line, read but not yet understood.
struct Record {
  std::size_t line = 0;
  std::vector<std::pair<std::string, std::optional<double>>> numbers;
  std::vector<std::pair<std::string, std::string>> texts;

  [[nodiscard]] std::optional<double> number(std::string_view name) const {
    for (const auto& [key, value] : numbers) {
      if (key == name) return value;
    }
    return std::nullopt;
  }
  [[nodiscard]] bool has_text(std::string_view name) const {
    return std::any_of(texts.begin(), texts.end(), [name](const auto& text) { return text.first == name; });
  }
  [[nodiscard]] bool has_place() const { return number("epoch") || number("step"); }
};

Record read_object(io::JsonReader json) {
  Record record;
  json.object([&](const std::string& key) {
    const int next = json.peek();
    if (next == '"') {
      record.texts.emplace_back(key, json.string());
    } else if (next == 't' || next == 'f') {
      const std::string_view word = json.word();
      if (word != "true" && word != "false") json.fail("wants a value, has ", io::quoted(word));
      record.texts.emplace_back(key, word);
    } else if (next == '{' || next == '[') {
      json.skip();
    } else {
      record.numbers.emplace_back(key, json.number_or_none());
    }
  });
  json.end();
  return record;
}

/// The cells of a line of RFC 4180; a cell goes on within quotes, but not in the next line.
std::vector<std::string> split(std::string_view line, const io::JsonReader& here) {
  if (!io::is_utf8(line)) here.fail("is not UTF-8");
  std::vector<std::string> cells(1);
  bool is_quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool is_quote = line[i] == '"';
    if (is_quote && is_quoted && line.substr(i + 1).starts_with('"')) cells.back() += line[i++];
    else if (is_quote) is_quoted = !is_quoted;
    else if (line[i] == ',' && !is_quoted) cells.emplace_back();
    else cells.back() += line[i];
  }
  if (is_quoted) here.fail("ends within quotes");
  return cells;
}

Record read_cells(const std::vector<std::string>& names, std::string_view line, const io::JsonReader& here) {
  const std::vector<std::string> cells = split(line, here);
  if (cells.size() != names.size()) here.fail("wants ", names.size(), " cells, has ", cells.size());
  Record record;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    std::string text = cells[i];
    if (text.empty()) continue;
    std::transform(text.begin(), text.end(), text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
    if (text == "nan" || text == "inf" || text == "-inf" || text == "null") {
      record.numbers.emplace_back(names[i], std::nullopt);
      continue;
    }
    io::JsonReader number(
        io::ByteReader(std::as_bytes(std::span(text)), here.reader().path(), 0, here.reader().part()));
    record.numbers.emplace_back(names[i], number.number());
    number.end();
  }
  return record;
}

/// All lines of a file, and whether the last one was cut off.
struct Lines {
  std::vector<Record> records;
  bool is_cut_off = false;
};

Lines read_lines(const std::string& path, std::string_view text) {
  Lines out;
  const bool is_json = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size())).starts_with('{');
  std::vector<std::string> names;
  for (std::size_t begin = 0, number = 1; begin < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    begin = end + 1;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const io::JsonReader here(io::ByteReader(std::as_bytes(std::span(line)), path, 0, concat("line ", number, ' ')));
    try {
      if (!is_json && names.empty()) {
        names = split(line, here);
        if (names.size() < 2) here.fail("is neither a JSON object nor a list of names by commas");
        continue;
      }
      out.records.push_back(is_json ? read_object(here) : read_cells(names, line, here));
      out.records.back().line = number;
    } catch (const IoError&) {
      if (end < text.size() || (out.records.empty() && names.empty())) throw;
      out.is_cut_off = true;
    }
  }
  require<IoError>(!out.records.empty() || !names.empty(), path, "is empty: wants a log, as mnist --log writes it");
  return out;
}

bool is_place_or_time(std::string_view name) {
  return name == "epoch" || name == "step" || name == "seconds" || name == "train_seconds";
}

std::vector<Point>& curve(Run& run, const std::string& name) {
  for (auto& [key, points] : run.curves) {
    if (key == name) return points;
  }
  return run.curves.emplace_back(name, std::vector<Point>()).second;
}

}  // namespace

std::string Run::setting(const std::string& wanted) const {
  for (const auto& [key, value] : settings) {
    if (key == wanted) return value;
  }
  return {};
}

Run read_log(const std::string& path) {
  const io::Bytes bytes = io::read_file(path, most_bytes);
  const Lines lines = read_lines(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  Run run;
  run.path = path;
  run.name = std::filesystem::path(path).stem().string();
  run.is_cut_off = lines.is_cut_off;
  const auto any = [&](const auto& test) { return std::any_of(lines.records.begin(), lines.records.end(), test); };
  const bool has_places = any([](const Record& r) { return r.has_place(); });
  const bool has_epochs = any([](const Record& r) { return r.number("epoch").has_value(); });
  run.axis = has_epochs ? "epoch" : has_places ? "step" : "line";
  std::optional<double> seconds;
  for (const Record& record : lines.records) {
    if (record.has_text("histogram")) continue;
    if (!record.has_place() && (has_places || !record.texts.empty())) {
      run.settings = record.texts;
      for (const auto& [key, value] : record.numbers) run.settings.emplace_back(key, value ? concat(*value) : "null");
      continue;
    }
    const auto epoch = record.number("epoch"), step = record.number("step");
    const double place = epoch ? *epoch : step ? *step : static_cast<double>(record.line);
    if (const auto spent = record.number("train_seconds")) seconds = seconds.value_or(0) + *spent;
    if (const auto passed = record.number("seconds")) seconds = passed;
    for (const auto& [key, value] : record.numbers) {
      if (!is_place_or_time(key)) curve(run, key).push_back({place, seconds, value});
    }
  }
  return run;
}

}  // namespace report
