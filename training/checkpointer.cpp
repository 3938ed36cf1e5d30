#include <algorithm>
#include <bit>
#include <charconv>
#include <filesystem>
#include <map>
#include <reel/core/io/safetensors.h>
#include <reel/core/random.h>
#include <reel/core/scope.h>
#include <reel/training/checkpointer.h>

namespace reel::training {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view before = "step-", behind = ".safetensors";
constexpr std::string_view best_name = "best.safetensors";

std::string file_name(std::int64_t step) {
  const std::string digits = std::to_string(step);
  return concat(before, std::string(10 - std::min<std::size_t>(10, digits.size()), '0'), digits, behind);
}

/// The step of a file that save() named; none for any other.
std::optional<std::int64_t> step_of(const std::string& name) {
  if (!name.starts_with(before) || !name.ends_with(behind)) return {};
  std::int64_t step = 0;
  std::from_chars(name.data() + before.size(), name.data() + name.size() - behind.size(), step);
  return file_name(step) == name ? std::optional(step) : std::nullopt;
}

/// The files of steps in a folder.
std::map<std::int64_t, std::string> steps_in(const std::string& folder) {
  std::map<std::int64_t, std::string> found;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (const auto step = step_of(entry.path().filename().string())) found[*step] = entry.path().string();
  }
  require<IoError>(!failed, folder, "can't be read: ", failed.message());
  return found;
}

/// Removes what a run that was killed while it saved has left beside the files.
void remove_leftovers(const std::string& folder) {
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    const std::string name = entry.path().filename().string();
    const std::string target = name.substr(0, name.find(".tmp."));
    if (target != name && (target == best_name || step_of(target))) fs::remove(entry.path(), failed);
  }
}

/// A run of other settings would go on as a third one, neither the file's nor its own.
void require_same_config(const std::string& path, const Config& mine, const Config& saved) {
  std::string differences;
  for (const auto& [key, value] : mine) {
    const auto found = saved.find(key);
    const std::string there = found == saved.end() ? "nothing" : found->second;
    if (there != value) differences += concat("\n  ", key, ": saved with ", there, ", this run has ", value);
  }
  require<StateError>(differences.empty(), path,
                      "is of another configuration; go on with its settings, or begin anew in "
                      "another folder:",
                      differences);
}

}  // namespace

Config read_config(const std::string& path) { return io::load_safetensors(path, {.memory_map = true}).metadata; }

Checkpointer::Checkpointer(std::string folder, CheckpointerOptions options)
    : folder_(std::move(folder)),
      keep_last_(options.keep_last),
      config_(std::move(options.config)),
      best_(options.mode) {
  require<ValueError>(keep_last_ >= 1, "Checkpointer", "keep_last must be at least 1, got ", keep_last_);
  std::error_code failed;
  fs::create_directories(folder_, failed);
  require<IoError>(!failed, folder_, "can't be made: ", failed.message());
}

void Checkpointer::add_part(Part part) {
  const auto is_taken = [&](const std::string& name) {
    return std::any_of(parts_.begin(), parts_.end(), [&](const Part& other) { return other.name == name; });
  };
  require<ValueError>(
      !part.name.empty() && part.name.find('.') == std::string::npos && part.name != "random" && !is_taken(part.name),
      "Checkpointer", "a part wants a name of its own, without a dot, got \"", part.name, '"');
  parts_.push_back(std::move(part));
}

StateDict Checkpointer::state(std::int64_t step, double best) const {
  const Generator& generator = default_generator();
  StateDict state{{"step", integer_state(step)},
                  {"best", Tensor::scalar(best, float64)},
                  {"random.seed", integer_state(std::bit_cast<std::int64_t>(generator.seed()))},
                  {"random.offset", integer_state(std::bit_cast<std::int64_t>(generator.offset()))}};
  for (const Part& part : parts_) {
    for (const auto& [name, tensor] : part.save()) state[part.name + '.' + name] = tensor;
  }
  return state;
}

void Checkpointer::save(std::int64_t step, std::optional<double> metric) {
  require<ValueError>(step >= 0, "Checkpointer", "wants a step that is not negative, got ", step);
  Best best = best_;
  const bool is_best = metric && best.offer(*metric);
  const StateDict all = state(step, best.value());
  // The best first: a run that ends in between goes on from an earlier step, and comes to it again.
  if (is_best) io::save_safetensors(this->best(), all, config_);
  io::save_safetensors((fs::path(folder_) / file_name(step)).string(), all, config_);
  best_ = best;
  prune(step);
}

void Checkpointer::prune(std::int64_t step) const {
  const auto found = steps_in(folder_);
  const auto end = found.upper_bound(step);  // those of later steps are another run's affair
  auto surplus = std::distance(found.begin(), end) - keep_last_;
  for (auto file = found.begin(); surplus > 0; ++file, --surplus) {
    std::error_code failed;
    fs::remove(file->second, failed);
    require<IoError>(!failed, file->second, "can't be deleted: ", failed.message());
  }
}

std::optional<std::int64_t> Checkpointer::resume() {
  remove_leftovers(folder_);
  const auto found = steps_in(folder_);
  if (found.empty()) return {};
  return load(found.rbegin()->second);
}

std::int64_t Checkpointer::load(const std::string& path) {
  std::map<std::string, StateDict> states;  // by part; what is no part's under ""
  const auto is_part = [&](const std::string& name) {
    return std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) { return part.name == name; });
  };
  const io::SafeTensors file = io::load_safetensors(path);
  require_same_config(path, config_, file.metadata);
  for (const auto& [name, tensor] : file.tensors) {
    const std::string part = name.substr(0, name.find('.'));
    if (part != name && is_part(part)) states[part][name.substr(part.size() + 1)] = tensor;
    else states[""][name] = tensor;
  }
  StateReader reader(states[""], "checkpointer");
  const std::int64_t step = reader.integer("step");
  const double best = reader.number("best");
  const auto seed = std::bit_cast<std::uint64_t>(reader.integer("random.seed"));
  const auto offset = std::bit_cast<std::uint64_t>(reader.integer("random.offset"));
  reader.finish();
  for (const Part& part : parts_) {
    const Scope scope(part.name);  // for messages
    part.load(states[part.name]);
  }
  best_.set(best);
  default_generator() = Generator(seed, offset);
  return step;
}

std::vector<std::string> Checkpointer::files() const {
  std::vector<std::string> paths;
  for (const auto& [step, path] : steps_in(folder_)) paths.push_back(path);
  return paths;
}

std::string Checkpointer::best() const { return (fs::path(folder_) / best_name).string(); }

}  // namespace reel::training
