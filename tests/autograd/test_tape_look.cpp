#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <reel/autograd/ops/activation.h>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/conv.h>
#include <reel/autograd/ops/pool.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <reel/autograd/tape.h>
#include <reel/core/scope.h>
#include <tests/autograd/errors.h>
#include <tests/core/io/files.h>

// Looking into a tape: rows, text, DOT and the page. tests/tape_page_test.py opens pages in a browser.

using namespace reel;
using namespace reel::testing;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// (a b + b)^2, b in float64 as a is.
Variable squared(const Variable& a, const Variable& b) {
  const Variable c = a * b + b;
  return c * c;
}

Variable small_conv(const Variable& w) {
  const Scope net("features");
  const Scope layer("conv1");
  return relu(conv2d(Tensor::ones({2, 1, 8, 8}), w, {}, {.stride = {2, 1}, .padding = "same"}));
}

std::string page_of(Tape& tape, const std::vector<Variable>& outputs = {}) {
  const test::TemporaryFolder folder;
  tape.to_html(folder / "step.html", outputs);
  return test::slurp(folder / "step.html");
}

/// The JSON in a page.
std::string data_of(const std::string& page) {
  const std::string begin = "<script type=\"application/json\" id=\"tape\">";
  const std::size_t from = page.find(begin) + begin.size();
  return page.substr(from, page.find("</script>", from) - from);
}

/// What stands between the quotes or commas after the first `key`, behind `after`.
std::string value_of(const std::string& json, const std::string& key, const std::string& after = "") {
  const std::size_t from = json.find('"' + key + "\": ", json.find(after)) + key.size() + 4;
  return json.substr(from, json.find_first_of(",}]", from) - from);
}

}  // namespace

TEST_CASE("tape: as a table") {
  const Variable a = Variable::leaf(Tensor::scalar(2), "a");
  const Variable b = Variable::leaf(Tensor::scalar(-3), "b");
  Tape tape;
  CHECK(tape.to_text() == "nothing is recorded on this tape\n");
  const Variable loss = squared(a, b);
  CHECK(tape.to_text() ==
        "place  op      inputs      output  saved\n"
        "    0  leaf a              []\n"
        "    1  leaf b              []\n"
        "    2  mul     0 [], 1 []  []\n"
        "    3  add     2 [], 1 []  []\n"
        "    4  mul     3 [], 3 []  []          4\n"
        "5 entries, 2 of them leaves; 4 bytes are saved for backward\n");
  tape.backward(loss);
  CHECK(has(tape.to_text(), "consumed by a backward"));
  static_cast<void>(a * b);
  CHECK(has(tape.to_text(), "    2  mul "));
}

TEST_CASE("tape: a table of what has options, modules, constants and another dtype") {
  const Variable w = Variable::leaf(Tensor::ones({4, 1, 3, 3}), "weight");
  const Variable x = Variable::leaf(Tensor::ones({2, 3}, float64), "x");
  const Tape tape;
  const Variable y = small_conv(w);
  const Variable z = sum(x * 2.0, {-1}, true);
  const std::string wanted = R"(
place  op           attributes                                inputs                                 output          saved  module
    0  leaf weight                                                                                   [4, 1, 3, 3]           features.conv1
    1  conv2d       stride=2,1 padding=0,1 padding_after=1,1  constant [2, 1, 8, 8], 0 [4, 1, 3, 3]  [2, 4, 4, 8]      512  features.conv1
    2  relu                                                   1 [2, 4, 4, 8]                         [2, 4, 4, 8]     1024  features.conv1
    3  leaf x                                                                                        [2, 3] float64
    4  mul                                                    3 [2, 3] float64, constant [] float64  [2, 3] float64      8
    5  sum          axes=-1 keepdim=true                      4 [2, 3] float64                       [2, 1] float64
6 entries, 2 of them leaves; 1544 bytes are saved for backward
)";
  CHECK('\n' + tape.to_text() == wanted);
}

TEST_CASE("tape: rows count saved memory once, with the first entry that saved it") {
  constexpr std::size_t bytes = 4 * 1000;
  const Variable x = Variable::leaf(Tensor::ones({1000}));
  struct Case {
    const char* name;
    std::function<Variable()> forward;
    std::vector<std::size_t> saved;  // of the entries after x
  };
  const std::vector<Case> table{
      {"a sum saves nothing", [&] { return x + x; }, {0}},
      {"a leaf lives on anyway", [&] { return x * x; }, {0}},
      {"an output", [&] { return exp(x); }, {bytes}},
      {"a constant", [&] { return x * Tensor::ones({1000}); }, {bytes}},
      {"an input, once", [&] { return sin(cos(x)); }, {0, bytes}},
      {"shared between two entries", [&] { return exp(x) * x; }, {bytes, 0}},
      {"through a view",
       [&] {
         return sin(reshape(exp(x), {10, 100}));
       },
       {bytes, 0, 0}},
      {"what is no input: a mask", [&] { return max(x); }, {bytes}},
      {"in a list",
       [&] {
         return concatenate({exp(x), x});
       },
       {bytes, 0}},
      {"an op outside the tree",
       [&] {
         const std::vector<Tensor> many{Tensor::ones({1000}), Tensor::ones({1000})};
         return record("mine", {x}, x.value(), [many](const Variable& g, const Step&) -> Gradients { return {g}; });
       },
       {2 * bytes}},
  };
  for (const Case& c : table) {
    CAPTURE(c.name);
    const Tape tape;
    const Variable y = c.forward();
    std::vector<std::size_t> saved;
    for (const TapeRow& row : tape.rows()) saved.push_back(row.saved_bytes);
    saved.erase(saved.begin());
    CHECK(saved == c.saved);
  }
}

TEST_CASE("tape: attributes of an op outside the tree, and those that are as usual") {
  const Variable x = Variable::leaf(Tensor::ones({2}), "x");
  const Tape tape;
  const auto same = [](const Variable& g, const Step&) -> Gradients { return {g}; };
  const Variable y = record("mine", {x}, x.value(), same,
                            {{"n", 3},
                             {"p", 0.5},
                             {"on", true},
                             {"mode", PaddingMode::reflect},
                             {"word", "mean"},
                             {"size", {2, 1}},
                             {"pair", Pair(3)},
                             {"groups", 1, 1}});
  const Variable z = record("plain", {y}, y.value(), same);
  CHECK(tape.rows()[1].attributes == "n=3 p=0.5 on=true mode=reflect word=mean size=2,1 pair=3,3");
  CHECK(tape.rows()[2].attributes.empty());
}

TEST_CASE("tape: the path of an entry is that of the open scopes when it was recorded") {
  const Variable x = Variable::leaf(Tensor::ones({2}), "x");
  const Tape tape;
  const auto scaled = [&](const std::string& name) {
    const Scope scope(name);
    return x * 2.0;
  };
  const Variable y = scaled("one") + x + scaled("two") + scaled("one");
  std::vector<std::string> paths;
  for (const TapeRow& row : tape.rows()) paths.push_back(row.path);
  std::sort(paths.begin(), paths.end());
  CHECK(paths == std::vector<std::string>{"", "", "", "one", "one", "one", "two"});  // x came on in one of them
}

TEST_CASE("tape: as a graph for Graphviz") {
  const Variable w = Variable::leaf(Tensor::ones({4, 1, 3, 3}), "we\"ight\\");
  Tape tape;
  CHECK(has(tape.to_dot(), "digraph tape {"));
  Variable y;
  {
    const Scope scope("a \"quoted\" \\ name");
    y = small_conv(w);
  }
  const std::string dot = tape.to_dot();
  for (const char* part : {
           "subgraph cluster_0 {\n    label=\"a \\\"quoted\\\" \\\\ name\";",
           "    subgraph cluster_1 {\n      label=\"features\";",
           "n0 [label=\"0 we\\\"ight\\\\\\n[4, 1, 3, 3]\"",
           "n1 [label=\"1 conv2d\\nstride=2,1 padding=0,1 padding_after=1,1\\n[2, 4, 4, 8]\"",
           "c1_0 [label=\"constant\\n[2, 1, 8, 8]\"",
           "  c1_0 -> n1;\n",
           "  n0 -> n1;\n",
           "  n1 -> n2;\n",
       }) {
    CAPTURE(part);
    CHECK(has(dot, part));
  }
  CHECK(std::count(dot.begin(), dot.end(), '{') == std::count(dot.begin(), dot.end(), '}'));
  if (std::system("dot -V >/dev/null 2>&1") == 0) {
    const test::TemporaryFolder folder;
    test::spill(folder / "tape.dot", dot);
    CHECK(std::system(("dot -Tsvg -o /dev/null " + (folder / "tape.dot")).c_str()) == 0);
  }
}

TEST_CASE("tape: a page holds the gradients of a backward, and leaves those of the leaves alone") {
  const Variable a = Variable::leaf(Tensor::scalar(2), "a");
  const Variable b = Variable::leaf(Tensor::scalar(-3), "b");
  Tape tape({.keep_values = true});
  const Variable loss = squared(a, b);
  const std::string page = page_of(tape, {loss});
  CHECK_FALSE(a.grad().defined());
  CHECK(tape.size() == 5);
  CHECK(page == page_of(tape));  // from the last entry
  const std::string data = data_of(page);
  CHECK(value_of(data, "keepsValues") == "true");
  CHECK(value_of(data, "values", "\"steps\"") == "[1");
  tape.backward(loss);
  const auto last_sum = [&](int place) {
    std::string line;
    std::istringstream lines(data);
    const std::string key = concat("\"place\": ", place, ',');
    for (std::string each; std::getline(lines, each);) {
      if (each.starts_with("{\"input\"") && has(each, key)) line = each;
    }
    return std::stod(value_of(line, "values", has(line, "\"sum\"") ? "\"sum\"" : "\"gradient\"").substr(1));
  };
  CHECK(last_sum(0) == a.grad().item());
  CHECK(last_sum(1) == b.grad().item());
}

TEST_CASE("tape: a page says where values were not kept, and cuts what is large") {
  const Variable w = Variable::leaf(Tensor::ones({4, 1, 3, 3}), "w");
  {
    Tape tape;
    const Variable y = small_conv(w);
    const std::string data = data_of(page_of(tape));
    CHECK(value_of(data, "keepsValues") == "false");
    CHECK(has(data, "\"value\": null"));
    CHECK(has(data, "\"op\": \"leaf\""));
  }
  const Variable large = Variable::leaf(Tensor::arange(0, 3 * 600 * 600).reshape({3, 600, 600}), "large");
  Tape tape({.keep_values = true});
  const Variable y = large * 2.0;
  const std::string page = page_of(tape);
  CHECK(has(data_of(page), "\"high\": 1079999"));
  CHECK(has(data_of(page), "\"tiles\": 1, \"height\": 64, \"width\": 128, \"of\": [3, 600, 600]"));
  CHECK(page.size() < 200'000);
}

TEST_CASE("tape: a page is JSON whatever the numbers and names") {
  const Variable x = Variable::leaf(Tensor::of({NAN, INFINITY, -INFINITY, 1}), "</script><!-- \"\\\n\xff");
  Tape tape({.keep_values = true});
  Variable y;
  {
    const Scope scope("</script>");
    y = x * 2.0;
  }
  const std::string page = page_of(tape);
  const std::string data = data_of(page);
  CHECK(has(data, "\"values\": [\"nan\", \"inf\", \"-inf\", 1]"));
  CHECK(has(data, "\"bad\": 3"));
  CHECK(has(data, "\\u003c/script>\\u003c!-- \\\"\\\\\\n?"));
  CHECK_FALSE(has(data, "<"));
  CHECK(has(page, "<!doctype html>"));
  CHECK_FALSE(has(page, "@TAPE@"));
  CHECK_FALSE(has(page, "http://www.w3.org/1999"));
}

TEST_CASE("tape: pages that are not written") {
  const Variable x = Variable::leaf(Tensor::ones({3}), "x");
  const test::TemporaryFolder folder;
  const std::string path = folder / "step.html";
  Tape tape;
  check_error([&] { tape.to_html(path); }, {"AutogradError: to_html: ", "nothing is recorded"});
  Variable y = x * 2.0;
  check_errors({
      {[&] { tape.to_html(path, {Tensor::ones({1})}); }, {"AutogradError: backward: ", "not on this tape"}},
      {[&] {
         const NoGrad pause;
         tape.to_html(path);
       },
       {"AutogradError: to_html: ", "not the one that records"}},
  });
  CHECK(test::fails_with(folder / "no/step.html", "", [&] { tape.to_html(folder / "no/step.html"); }));
  tape.backward(sum(y));
  check_error([&] { tape.to_html(path); }, {"AutogradError: to_html: ", "consumed", "retain = true"});
  y = x;
  for (int i = 0; i < 2000; ++i) y = y + x;
  check_error([&] { tape.to_html(path); }, {"ValueError: to_html: ", "2000", "2001"});
  CHECK(tape.to_text().size() > 2001 * 20);
  CHECK(folder.file_count() == 0);
}

TEST_CASE("tape: what depends on no leaf is recorded where that is asked for, with its values and options as numbers") {
  const Variable a = Tensor::of({1, 2, 3, 4}, {2, 2});
  Tape tape({.keep_values = true, .record_constants = true});
  const Variable y = sum(a * a, {1}, true);
  const std::vector<TapeRow> rows = tape.rows();
  REQUIRE(rows.size() == 2);
  CHECK(tape.place_of(y) == 1);
  CHECK(tape.place_of(a) == -1);
  REQUIRE(rows[0].inputs.size() == 2);
  CHECK(rows[0].inputs[0].place == -1);
  CHECK(rows[0].inputs[0].value.shares_memory_with(a.value()));
  CHECK(rows[1].inputs[0].place == 0);
  CHECK(rows[0].value.at({1, 1}) == 16);
  REQUIRE(rows[1].options.size() == 2);
  CHECK(rows[1].options[0].name() == "axes");
  CHECK(rows[1].options[0].numbers() == std::vector<double>{1});
  CHECK(rows[1].options[1].name() == "keepdim");
  CHECK(rows[1].options[1].numbers() == std::vector<double>{1});
}
