#include <algorithm>
#include <array>
#include <cstdint>
#include <reel/autograd/tape.h>

namespace reel {
namespace {

constexpr std::size_t columns = 7;
constexpr std::array<std::string_view, columns> heads{"place",  "op",    "attributes", "inputs",
                                                      "output", "saved", "module"};
constexpr std::array<bool, columns> to_the_right{true, false, false, false, false, true, false};
using Line = std::array<std::string, columns>;

/// `[8, 16]`, with the dtype where it is not the usual one.
std::string describe(const Shape& shape, DType dtype) {
  return dtype == float32 ? concat(shape) : concat(shape, ' ', dtype);
}

std::string describe(const std::vector<TapeRow::Input>& inputs) {
  std::string text;
  for (const TapeRow::Input& input : inputs) {
    text += concat(text.empty() ? "" : ", ", input.place < 0 ? "constant" : std::to_string(input.place), ' ',
                   describe(input.shape, input.dtype));
  }
  return text;
}

/// Columns as wide as their widest cell, two spaces apart; those without any text are left out.
std::string lay_out(const std::vector<Line>& lines) {
  std::array<std::size_t, columns> widths{};
  for (std::size_t column = 0; column < columns; ++column) {
    for (const Line& line : lines) widths[column] = std::max(widths[column], line[column].size());
    if (widths[column] > 0) widths[column] = std::max(widths[column], heads[column].size());
  }
  std::string out;
  const auto write = [&](const auto& cells) {
    std::string text;
    for (std::size_t column = 0; column < columns; ++column) {
      if (widths[column] == 0) continue;
      const std::string_view cell = cells[column];
      const std::string space(widths[column] - cell.size(), ' ');
      if (!text.empty()) text += "  ";
      if (to_the_right[column]) text.append(space).append(cell);
      else text.append(cell).append(space);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
  };
  write(heads);
  for (const Line& line : lines) write(line);
  return out;
}

}  // namespace

std::string Tape::to_text() const {
  if (entries_.empty()) {
    return consumed_serial_ == 0 ? "nothing is recorded on this tape\n"
                                 : "this tape was consumed by a backward, which {.retain = true} prevents\n";
  }
  std::vector<Line> lines;
  std::size_t saved = 0;
  for (const TapeRow& row : rows()) {
    saved += row.saved_bytes;
    lines.push_back({std::to_string(lines.size()), row.name.empty() ? row.op : row.op + ' ' + row.name, row.attributes,
                     describe(row.inputs), describe(row.shape, row.dtype),
                     row.saved_bytes == 0 ? "" : std::to_string(row.saved_bytes), row.path});
  }
  return lay_out(lines) +
         concat(size(), " entries, ", leaves_.size(), " of them leaves; ", saved, " bytes are saved for backward\n");
}

}  // namespace reel
