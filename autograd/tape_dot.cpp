#include <map>
#include <reel/autograd/tape.h>
#include <reel/core/io/json.h>

namespace reel {
namespace {

/// A module, with those inside it by name.
struct Cluster {
  std::map<std::string, Cluster> inside;
  std::string nodes;
};

/// A string of the DOT language, where \n is a line break; other control characters become spaces.
std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : io::replace_bad_utf8(text)) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') out += "\\n";
    else out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + '"';
}

Cluster& find(Cluster& root, std::string_view path) {
  Cluster* at = &root;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    at = &at->inside[std::string(path.substr(0, dot))];
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return *at;
}

/// The clusters from the outside in: what is inside one is written before its end. No recursion, as paths may be deep.
std::string write(const Cluster& root) {
  struct Open {
    const Cluster* cluster;
    std::map<std::string, Cluster>::const_iterator next;
  };
  std::vector<Open> open{{&root, root.inside.begin()}};
  std::string out = root.nodes;
  int count = 0;
  while (!open.empty()) {
    Open& top = open.back();
    const std::string indent(2 * open.size(), ' ');
    if (top.next == top.cluster->inside.end()) {
      open.pop_back();
      if (!open.empty()) out += indent.substr(2) + "}\n";
      continue;
    }
    const auto& [name, cluster] = *top.next++;
    out += concat(indent, "subgraph cluster_", count++, " {\n", indent, "  label=", quote(name), ";\n", cluster.nodes);
    open.push_back({&cluster, cluster.inside.begin()});
  }
  return out;
}

/// The node of an entry: op, attributes and output shape; a leaf has its name in place of the first two.
std::string node(std::size_t place, const TapeRow& row) {
  const bool is_leaf = row.op == "leaf" && row.inputs.empty();
  std::string label = concat(place, ' ', is_leaf && !row.name.empty() ? row.name : row.op);
  if (!row.attributes.empty()) label += '\n' + row.attributes;
  return concat("  n", place, " [label=", quote(concat(label, '\n', row.shape)),
                is_leaf ? ", shape=box, style=\"rounded,filled\", fillcolor=\"#f5dd90\"" : ", shape=box", "];\n");
}

}  // namespace

std::string Tape::to_dot() const {
  Cluster root;
  std::string edges;
  for (std::size_t place = 0; const TapeRow& row : rows()) {
    Cluster& cluster = find(root, row.path);
    cluster.nodes += node(place, row);
    for (std::size_t i = 0; i < row.inputs.size(); ++i) {
      const TapeRow::Input& input = row.inputs[i];
      std::string from = concat('n', input.place);
      if (input.place < 0) {
        from = concat('c', place, '_', i);
        cluster.nodes +=
            concat("  ", from, " [label=", quote(concat("constant\n", input.shape)), ", shape=box, style=dashed];\n");
      }
      edges += concat("  ", from, " -> n", place, ";\n");
    }
    ++place;
  }
  return concat("digraph tape {\n  rankdir=TB;\n  node [fontname=\"sans-serif\", fontsize=11];\n",
                "  graph [fontname=\"sans-serif\", fontsize=11];\n", write(root), edges, "}\n");
}

}  // namespace reel
