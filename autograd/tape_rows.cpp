#include <reel/autograd/tape.h>
#include <reel/core/scope.h>
#include <unordered_set>

// What a tape notes for those who look at it, and the rows that all views of it are made from.

namespace reel {

std::vector<CopyWatch::Memory> Backward::captured() const {
  const CopyWatch watch;
  if (function_ != nullptr) operations_->copy(function_.get());
  return watch.seen();
}

void Tape::look_up_path() {
  notes_.scope_changes = Scope::changes();
  const auto next = static_cast<std::uint32_t>(notes_.paths.size());
  const auto [found, is_new] = notes_.paths.try_emplace(Scope::path(), next);
  if (is_new) notes_.path_names.push_back(&found->first);
  notes_.path = found->second;
}

TapeRow Tape::row(const Entry& entry) const {
  TapeRow row;
  row.op = std::string(entry.op);
  row.path = *notes_.path_names[entry.path];
  row.shape = kind(entry).shape;
  row.dtype = kind(entry).dtype;
  if (entry.leaf >= 0) {
    const Leaf& leaf = leaves_[static_cast<std::size_t>(entry.leaf)].leaf_state();
    row.name = leaf.is_registered && !row.path.empty() ? row.path + '.' + leaf.name : leaf.name;
  }
  for (std::uint32_t i = 0; i < entry.attribute_count; ++i) {
    row.options.push_back(notes_.attributes[entry.first_attribute + i]);
    row.attributes += concat(i == 0 ? "" : " ", row.options.back());
  }
  for (std::uint32_t i = 0; i < entry.input_count; ++i) {
    const std::int64_t place = inputs_[entry.first_input + i];
    if (place >= 0) {
      row.inputs.push_back({place, kind(place).shape, kind(place).dtype, {}});
    } else {
      const Constant& constant = notes_.constants[static_cast<std::size_t>(-1 - place)];
      row.inputs.push_back({-1, constant.shape, constant.dtype, constant.value});
    }
  }
  return row;
}

std::vector<TapeRow> Tape::rows() const {
  std::unordered_set<const void*> counted;
  {
    const CopyWatch watch;
    const std::vector<Variable> copies = leaves_;
    for (const CopyWatch::Memory& memory : watch.seen()) counted.insert(memory.storage);
  }
  std::vector<TapeRow> rows;
  rows.reserve(entries_.size());
  for (const Entry& entry : entries_) {
    rows.push_back(row(entry));
    if (options_.keep_values) rows.back().value = notes_.values[rows.size() - 1];
    for (const CopyWatch::Memory& memory : entry.backward.captured()) {
      if (counted.insert(memory.storage).second) rows.back().saved_bytes += memory.bytes;
    }
  }
  return rows;
}

}  // namespace reel
