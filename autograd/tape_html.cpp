#include <algorithm>
#include <reel/autograd/tape.h>
#include <reel/autograd/tape_page.h>
#include <reel/autograd/tensor_json.h>
#include <reel/core/io/json.h>
#include <reel/core/io/page.h>
#include <reel/core/kernels/elementwise.h>

// The page is a template, autograd/page, with the tape as JSON in it.

namespace reel {
namespace {

constexpr std::size_t most_entries = 2000;
constexpr std::int64_t most_values = 2'000'000;  // in a page: that many bytes, and a third more
constexpr std::int64_t most_values_of_one = 8192;

std::string quote(std::string_view text) { return io::json_quote(io::replace_bad_utf8(text)); }

/// `{a, b}` by commas, each on a line.
class Lines {
 public:
  void add(const std::string& line) { text_ += (text_.empty() ? "" : ",\n") + line; }
  [[nodiscard]] std::string list() const { return '[' + text_ + ']'; }

 private:
  std::string text_;
};

}  // namespace

/// Writes down the backward that it sees.
struct Tape::PageWriter : Tape::Watcher {
  explicit PageWriter(std::int64_t values_of_one) : most(values_of_one) {}

  void step(std::int64_t place, const Variable& gradient) override {
    steps.add(concat("{\"place\": ", place, ", \"gradient\": ", tensor_json(gradient.value(), most), "}"));
  }
  void arrival(std::size_t input, std::int64_t place, const Variable& total, const Variable& gradient) override {
    std::string line =
        concat("{\"input\": ", input, ", \"place\": ", place, ", \"gradient\": ", tensor_json(gradient.value(), most));
    if (total.defined()) line += ", \"sum\": " + tensor_json(total.value() + gradient.value(), most);
    steps.add(line + '}');
  }

  std::int64_t most;
  Lines steps;  // a step, and what it gave to its inputs
};

std::string Tape::page_data(const std::vector<std::int64_t>& outputs) {
  // An entry has a value, a gradient, and what arrives for its inputs, sums among it.
  const std::int64_t most =
      std::clamp<std::int64_t>(most_values / (6 * static_cast<std::int64_t>(size())), 16, most_values_of_one);
  const auto value_json = [most](const Tensor& value) {
    return value.defined() ? tensor_json(value, most) : std::string("null");
  };
  PageWriter writer(most);
  watch_backward(outputs, writer);
  Lines entries, constants, starts;
  for (std::size_t place = 0; const TapeRow& row : rows()) {
    const Entry& entry = entries_[place];
    Lines inputs;
    for (std::uint32_t i = 0; i < entry.input_count; ++i) inputs.add(std::to_string(inputs_[entry.first_input + i]));
    const Tensor value = options_.keep_values ? notes_.values[place]
                         : entry.leaf >= 0    ? leaves_[static_cast<std::size_t>(entry.leaf)].value()
                                              : Tensor();
    entries.add(concat("{\"op\": ", quote(row.op), ", \"name\": ", quote(row.name),
                       ", \"attributes\": ", quote(row.attributes), ", \"path\": ", quote(row.path),
                       ", \"leaf\": ", entry.leaf >= 0 ? "true" : "false", ", \"inputs\": ", inputs.list(),
                       ", \"shape\": ", row.shape, ", \"dtype\": \"", row.dtype,
                       "\", \"bytes\": ", static_cast<std::size_t>(numel(row.shape)) * size_of(row.dtype),
                       ", \"saved\": ", row.saved_bytes, ", \"value\": ", value_json(value), '}'));
    ++place;
  }
  for (const Constant& constant : notes_.constants) {
    constants.add(concat("{\"shape\": ", constant.shape, ", \"dtype\": \"", constant.dtype,
                         "\", \"value\": ", value_json(constant.value), '}'));
  }
  for (const std::int64_t place : outputs) starts.add(std::to_string(place));
  return concat("{\"keepsValues\": ", options_.keep_values ? "true" : "false", ",\n\"outputs\": ", starts.list(),
                ",\n\"constants\": ", constants.list(), ",\n\"entries\": ", entries.list(),
                ",\n\"steps\": ", writer.steps.list(), "}\n");
}

void Tape::to_html(std::string_view path, const std::vector<Variable>& outputs) {
  require<AutogradError>(!entries_.empty(), "to_html",
                         consumed_serial_ == 0 ? "nothing is recorded on this tape"
                                               : "the tape was consumed by an earlier backward; write the page before "
                                                 "it, or keep the tape with {.retain = true}");
  require<ValueError>(size() <= most_entries, "to_html", "a page shows at most ", most_entries,
                      " entries, and this tape has ", size(), "; record less");
  std::vector<std::int64_t> from;
  for (const Variable& output : outputs) from.push_back(require_place(output));
  if (from.empty()) from.push_back(static_cast<std::int64_t>(size()) - 1);
  io::write_page(path, detail::tape_page, "@TAPE@", page_data(from));
}

}  // namespace reel
