#include <algorithm>
#include <reel/core/profile_record.h>
#include <utility>

namespace reel {
namespace {

using detail::SpanKind;

constexpr double second = 1e9;

/// The sums of what is in a tree's nodes and below them. A node stands behind its parent.
template <class Node, class T>
std::vector<T> with_parts(const std::vector<Node>& nodes, T Node::*what) {
  std::vector<T> sums;
  for (const Node& node : nodes) sums.push_back(node.*what);
  for (std::size_t i = nodes.size() - 1; i > 0; --i) sums[nodes[i].parent] += sums[i];
  return sums;
}

/// Calls visit(place, depth) for each node of a tree but the first, from parents to children.
template <class Node, class F>
void walk(const std::vector<Node>& nodes, const F& visit) {
  std::vector<std::pair<std::uint32_t, int>> waiting;
  const auto add_children = [&](const Node& node, int depth) {
    for (auto i = node.children.rbegin(); i != node.children.rend(); ++i) waiting.emplace_back(*i, depth);
  };
  add_children(nodes[0], 0);
  while (!waiting.empty()) {
    const auto [place, depth] = waiting.back();
    waiting.pop_back();
    visit(place, depth);
    add_children(nodes[place], depth + 1);
  }
}

/// The rows of a tree. `backward` is of each node with those below it.
template <class Node, class Name>
ProfileTable table_of(const std::vector<Node>& nodes, const std::vector<std::int64_t>& backward, const Name& name) {
  const auto time = with_parts(nodes, &Node::time);
  const auto multiply_adds = with_parts(nodes, &Node::multiply_adds);
  const auto bytes = with_parts(nodes, &Node::bytes);
  const auto row = [&](std::uint32_t place, int depth) {
    return ProfileRow{.name = name(nodes[place]),
                      .depth = depth,
                      .calls = nodes[place].calls,
                      .seconds = static_cast<double>(time[place]) / second,
                      .self_seconds = static_cast<double>(nodes[place].time) / second,
                      .backward_seconds = static_cast<double>(backward[place]) / second,
                      .multiply_adds = multiply_adds[place],
                      .bytes = bytes[place]};
  };
  ProfileTable table;
  walk(nodes, [&](std::uint32_t place, int depth) { table.rows.push_back(row(place, depth)); });
  table.total = table.rest = row(0, 0);
  table.rest.seconds = table.rest.self_seconds;
  for (const ProfileRow& part : table.rows) {
    if (part.depth > 0) continue;
    table.rest.backward_seconds -= part.backward_seconds;
    table.rest.multiply_adds -= part.multiply_adds;
    table.rest.bytes -= part.bytes;
  }
  return table;
}

}  // namespace

std::string Profiler::Record::OpNode::title() const { return kind == SpanKind::backward ? name + " backward" : name; }

ProfileTable Profiler::by_op() const {
  std::vector<Record::OpNode> nodes = record_->ops;
  const std::int64_t pending = record_->pending();
  nodes[record_->frames.back().op].time += pending;
  const auto time = with_parts(nodes, &Record::OpNode::time);
  std::vector<std::int64_t> backward(nodes.size());
  std::vector<bool> is_backward(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    is_backward[i] = nodes[i].kind == SpanKind::sweep || is_backward[nodes[i].parent];
    if (is_backward[i]) backward[i] = time[i];
    std::stable_sort(nodes[i].children.begin(), nodes[i].children.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return time[a] > time[b]; });
  }
  ProfileTable table = table_of(nodes, backward, [](const Record::OpNode& node) { return node.title(); });
  record_->close(table, pending);
  return table;
}

ProfileTable Profiler::by_module() const {
  std::vector<Record::ModuleNode> nodes = record_->modules;
  const std::int64_t pending = record_->pending();
  const Record::Frame& innermost = record_->frames.back();
  nodes[innermost.module].time += pending;
  if (innermost.is_backward) nodes[innermost.module].backward_time += pending;
  ProfileTable table = table_of(nodes, with_parts(nodes, &Record::ModuleNode::backward_time),
                                [](const Record::ModuleNode& node) { return node.path; });
  table.is_by_module = true;
  record_->close(table, pending);
  return table;
}

void Profiler::Record::close(ProfileTable& table, std::int64_t pending) const {
  table.profiler_seconds = static_cast<double>(overhead) / second;
  table.total.seconds = static_cast<double>(last + pending - begun) / second;
}

}  // namespace reel
