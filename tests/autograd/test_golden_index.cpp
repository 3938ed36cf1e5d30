#include <doctest/doctest.h>

#include <reel/autograd/ops/index.h>
#include <reel/autograd/ops/rearrange.h>
#include <reel/autograd/ops/view.h>
#include <sstream>
#include <tests/golden_ops.h>

using namespace reel;
using namespace reel::testing;

namespace {

std::int64_t count(const GoldenCase& c) { return c.attributes.integer("count"); }
std::int64_t diagonal_of(const GoldenCase& c) { return c.attributes.integer("diagonal"); }
const Variable& part(const std::vector<Variable>& parts, const GoldenCase& c) {
  return parts[static_cast<std::size_t>(c.attributes.integer("part"))];
}

/// "1:5:2"
Slice slice_of(const std::string& text) {
  Slice out;
  std::istringstream bounds(text);
  std::string bound;
  for (std::int64_t* to : {&out.start, &out.stop, &out.step}) {
    if (std::getline(bounds, bound, ':') && !bound.empty()) *to = std::stoll(bound);
  }
  return out;
}

/// What stands between the brackets, "1,::2,t": t is the next input, from `next` on.
std::vector<Index> entries(const In& v, std::size_t next, const GoldenCase& c) {
  std::vector<Index> out;
  std::istringstream words(c.attributes.word("entries"));
  for (std::string word; std::getline(words, word, ',');) {
    if (word == "t") {
      out.emplace_back(v[next++].value());
    } else if (word.find(':') != std::string::npos) {
      out.emplace_back(slice_of(word));
    } else {
      out.emplace_back(std::int64_t{std::stoll(word)});
    }
  }
  return out;
}

const GoldenCalls calls{
    {"index", [](const In& v, const GoldenCase& c) { return index(v[0], entries(v, 1, c)); }},
    {"index_put",
     [](const In& v, const GoldenCase& c) {
       return index_put(v[0], entries(v, 2, c), v[1], c.attributes.flag("accumulate"));
     }},
    {"scatter_add", [](const In& v, const GoldenCase& c) { return scatter_add(v[0], axis(c), v[1].value(), v[2]); }},
    {"scatter", [](const In& v, const GoldenCase& c) { return scatter(v[0], axis(c), v[1].value(), v[2]); }},
    {"index_add", [](const In& v, const GoldenCase& c) { return index_add(v[0], axis(c), v[1].value(), v[2]); }},
    {"index_copy", [](const In& v, const GoldenCase& c) { return index_copy(v[0], axis(c), v[1].value(), v[2]); }},
    {"masked_select", [](const In& v, const GoldenCase&) { return masked_select(v[0], v[1].value()); }},
    {"masked_fill",
     [](const In& v, const GoldenCase& c) { return masked_fill(v[0], v[1].value(), c.attributes.number("value")); }},
    {"flip", [](const In& v, const GoldenCase& c) { return flip(v[0], axes(c)); }},
    {"roll", [](const In& v, const GoldenCase& c) { return roll(v[0], c.attributes.dims("shifts"), axes(c)); }},
    {"repeat", [](const In& v, const GoldenCase& c) { return repeat(v[0], c.attributes.dims("counts")); }},
    {"repeat_interleave", [](const In& v, const GoldenCase& c) { return repeat_interleave(v[0], count(c), axis(c)); }},
    {"triu", [](const In& v, const GoldenCase& c) { return triu(v[0], diagonal_of(c)); }},
    {"tril", [](const In& v, const GoldenCase& c) { return tril(v[0], diagonal_of(c)); }},
    {"diagonal",
     [](const In& v, const GoldenCase& c) {
       return diagonal(v[0], c.attributes.integer("offset"), axes(c)[0], axes(c)[1]);
     }},
    {"diag", [](const In& v, const GoldenCase& c) { return diag(v[0], c.attributes.integer("offset")); }},
    {"movedim", [](const In& v, const GoldenCase& c) { return movedim(v[0], axes(c)[0], axes(c)[1]); }},
    {"split", [](const In& v, const GoldenCase& c) { return part(split(v[0], count(c), axis(c)), c); }},
    {"chunk", [](const In& v, const GoldenCase& c) { return part(chunk(v[0], count(c), axis(c)), c); }},
    {"unbind", [](const In& v, const GoldenCase& c) { return part(unbind(v[0], axis(c)), c); }},
};

}  // namespace

TEST_CASE("indexing and rearranging agree with PyTorch") { check_golden("ops_index", calls, 290); }
