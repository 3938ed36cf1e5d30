#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <reel/nn/module.h>
#include <typeinfo>

namespace reel::nn {
namespace {

/// Calls `f(path, module)` for a module and everything below it, parents first.
template <class F>
void visit(const Module& module, const std::string& path, const F& f) {
  f(path, module);
  for (const auto& [name, child] : module.named_children()) visit(*child, path + name + ".", f);
}

std::string describe_tensor(const Tensor& t) { return concat(t.dtype(), ' ', t.shape()); }

}  // namespace

Variable Module::operator()(const Variable& x) {
  LayersBehind none;
  return (*this)(x, none);
}

Variable Module::operator()(const Variable& x, LayersBehind& behind) {
  const ModuleCall call(*this, {&x, 1});
  return forward_with(x, behind);
}

Variable Module::forward_with(const Variable& x, LayersBehind&) { return forward(x); }

Variable Module::forward(const Variable&) {
  throw Error(describe(), "has no forward(x); override it, or call the module's own method");
}

std::vector<std::pair<std::string, Variable>> Module::named_parameters() const {
  std::vector<std::pair<std::string, Variable>> out;
  visit(*this, "", [&](const std::string& path, const Module& module) {
    for (const auto& [name, item] : module.parameters_) out.emplace_back(path + name, *item);
  });
  return out;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  std::vector<std::pair<std::string, Tensor>> out;
  visit(*this, "", [&](const std::string& path, const Module& module) {
    for (const auto& [name, item] : module.buffers_) out.emplace_back(path + name, *item);
  });
  return out;
}

std::vector<std::pair<std::string, Module*>> Module::named_children() const {
  std::vector<std::pair<std::string, Module*>> out;
  for (const auto& [name, item] : children_) out.emplace_back(name, item.get());
  return out;
}

std::vector<Variable> Module::parameters() const {
  std::vector<Variable> out;
  for (auto& [name, variable] : named_parameters()) out.push_back(variable);
  return out;
}

bool Module::has_parameters() const {
  return !parameters_.empty() || std::any_of(children_.begin(), children_.end(),
                                             [](const auto& child) { return child.item->has_parameters(); });
}

void Module::collect_leaves(std::vector<const Leaf*>& leaves) const {
  for (const auto& [name, item] : parameters_) leaves.push_back(&item->leaf_state());
  for (const auto& [name, child] : children_) child->collect_leaves(leaves);
}

std::int64_t Module::parameter_count() const {
  std::int64_t count = 0;
  for (const Variable& p : parameters()) count += p.numel();
  return count;
}

void Module::train(bool on) {
  training_ = on;
  for (const auto& [name, child] : children_) child->train(on);
}

void Module::zero_grad() const {
  for (const Variable& p : parameters()) p.zero_grad();
}

StateDict Module::state_dict() const {
  StateDict state;
  for (const auto& [name, variable] : named_parameters()) state.emplace(name, variable.value());
  for (const auto& [name, tensor] : named_buffers()) state.emplace(name, tensor);
  return state;
}

void Module::load_state_dict(const StateDict& state) {
  StateDict own = state_dict();
  std::string problems;
  for (const auto& [name, tensor] : own) {
    const auto found = state.find(name);
    if (found == state.end()) {
      problems += concat("\n  missing: ", name, ' ', describe_tensor(tensor));
    } else if (found->second.shape() != tensor.shape() || found->second.dtype() != tensor.dtype()) {
      problems +=
          concat("\n  misfit: ", name, " wants ", describe_tensor(tensor), ", got ", describe_tensor(found->second));
    }
  }
  for (const auto& [name, tensor] : state) {
    if (own.find(name) == own.end()) problems += concat("\n  unexpected: ", name, ' ', describe_tensor(tensor));
  }
  require<StateError>(problems.empty(), "load_state_dict", "the state does not belong to this module:", problems);
  for (auto& [name, tensor] : own) tensor.copy_from(state.at(name));
}

std::string Module::describe() const {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(
      abi::__cxa_demangle(typeid(*this).name(), nullptr, nullptr, &status), &std::free);
  const std::string full = status == 0 ? text.get() : typeid(*this).name();
  const std::size_t colon = full.rfind(':');
  return colon == std::string::npos ? full : full.substr(colon + 1);
}

void Module::print(std::ostream& out, int depth) const {
  out << describe();
  if (children_.empty()) return;
  const std::string indent(2 * static_cast<std::size_t>(depth), ' ');
  out << " {\n";
  for (const auto& [name, child] : children_) {
    out << indent << "  " << name << ": ";
    child->print(out, depth + 1);
    out << '\n';
  }
  out << indent << '}';
}

std::ostream& operator<<(std::ostream& out, const Module& module) {
  module.print(out, 0);
  return out;
}

void Module::require_free(const std::string& name) const {
  require<StateError>(!name.empty() && name.find('.') == std::string::npos, "Module",
                      "a name must have letters and no dot, got \"", name, '"');
  const auto taken = [&](const auto& items) {
    for (const auto& item : items) {
      if (item.name == name) return true;
    }
    return false;
  };
  require<StateError>(!taken(parameters_) && !taken(buffers_) && !taken(children_), "Module", "the name ", name,
                      " is taken already");
}

const Variable& Module::parameter(const std::string& name, Tensor initial) {
  require_free(name);
  parameters_.push_back({name, std::make_unique<Variable>(Variable::leaf(std::move(initial), name))});
  parameters_.back().item->leaf_state().is_registered = true;
  return *parameters_.back().item;
}

Tensor& Module::buffer(const std::string& name, Tensor initial) {
  require_free(name);
  buffers_.push_back({name, std::make_unique<Tensor>(std::move(initial))});
  return *buffers_.back().item;
}

Module& Module::add_child(const std::string& name, std::unique_ptr<Module> child) {
  require_free(name);
  child->name_ = name;
  children_.push_back({name, std::move(child)});
  return *children_.back().item;
}

}  // namespace reel::nn
