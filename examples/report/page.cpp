#include "page.h"

#include <algorithm>
#include <reel/core/error.h>
#include <reel/core/io/json.h>
#include <reel/core/io/page.h>
#include <string_view>

namespace reel::detail {
/// report/page/report.html and its parts; @REPORT@ in it stands for the report as JSON.
extern const std::string_view report_page;
}  // namespace reel::detail

namespace report {

using reel::io::json_number;
using reel::io::JsonObject;

namespace {

std::string text(std::string_view name) { return reel::io::replace_bad_utf8(name); }

/// A JSON array of what `write` makes of each.
template <class Items, class F>
std::string list(const Items& items, const F& write) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ",\n";
    out += write(item);
  }
  out += ']';
  return out;
}

std::string quote(const std::string& name) { return reel::io::json_quote(text(name)); }

std::string number_or_null(std::optional<double> value) { return value ? json_number(*value) : "null"; }

/// A curve with at most some 2,000 points. Of more, each of as many stretches keeps its lowest and its highest.
std::vector<Point> thinned(const std::vector<Point>& points) {
  constexpr std::size_t most = 2000;
  if (points.size() <= most) return points;
  std::vector<Point> out;
  const auto is_lower = [](const Point& a, const Point& b) { return a.value < b.value; };
  for (std::size_t i = 0; i < most / 2; ++i) {
    const auto begin = points.begin() + static_cast<std::ptrdiff_t>(i * points.size() / (most / 2));
    const auto end = points.begin() + static_cast<std::ptrdiff_t>((i + 1) * points.size() / (most / 2));
    auto [low, high] = std::minmax_element(begin, end, is_lower);
    if (low > high) std::swap(low, high);
    out.push_back(*low);
    if (low != high) out.push_back(*high);
  }
  return out;
}

std::string curve_json(const std::pair<std::string, std::vector<Point>>& curve) {
  const std::vector<Point> points = thinned(curve.second);
  return JsonObject()
      .add("name", text(curve.first))
      .raw("step", list(points, [](const Point& p) { return json_number(p.step); }))
      .raw("seconds", list(points, [](const Point& p) { return number_or_null(p.seconds); }))
      .raw("value", list(points, [](const Point& p) { return number_or_null(p.value); }))
      .text();
}

std::string run_json(const Run& run) {
  return JsonObject()
      .add("name", text(run.name))
      .add("path", text(run.path))
      .add("axis", run.axis)
      .add("isCutOff", run.is_cut_off)
      .raw("settings",
           list(run.settings,
                [](const auto& one) { return reel::concat('[', quote(one.first), ", ", quote(one.second), ']'); }))
      .raw("curves", list(run.curves, curve_json))
      .text();
}

std::string reading_json(const Reading& reading) {
  return JsonObject()
      .add("image", reading.image)
      .add("truth", reading.truth)
      .add("read", reading.read)
      .add("probability", reading.probability)
      .add("probabilityOfTruth", reading.probability_of_truth)
      .text();
}

std::string maps_json(const Maps& maps) {
  return JsonObject()
      .add("layer", text(maps.layer))
      .add("size", maps.size)
      .add("channels", maps.channels)
      .raw("images", list(maps.images, [](const std::string& image) { return quote(image); }))
      .text();
}

std::string sample_json(const Sample& sample) {
  return JsonObject().raw("reading", reading_json(sample.reading)).raw("maps", list(sample.maps, maps_json)).text();
}

std::string net_json(const Net& net) {
  std::vector<std::int64_t> counts;
  for (std::int64_t truth = 0; truth < 10; ++truth) {
    for (std::int64_t read = 0; read < 10; ++read) counts.push_back(net.confusion(truth, read));
  }
  return JsonObject()
      .add("path", text(net.path))
      .add("kind", text(net.kind))
      .add("parameters", net.parameters)
      .add("images", net.images)
      .add("accuracy", net.confusion.accuracy())
      .add("confusion", std::span<const std::int64_t>(counts))
      .raw("mistakes", list(net.mistakes, reading_json))
      .raw("filters", maps_json(net.filters))
      .raw("samples", list(net.samples, sample_json))
      .text();
}

}  // namespace

void write_page(const std::string& path, const std::vector<Run>& runs, const std::vector<Net>& nets) {
  const std::string json = JsonObject().raw("runs", list(runs, run_json)).raw("nets", list(nets, net_json)).text();
  reel::io::write_page(path, reel::detail::report_page, "@REPORT@", json);
}

}  // namespace report
