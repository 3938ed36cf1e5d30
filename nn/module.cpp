#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <reel/autograd/tape.h>
#include <reel/nn/module.h>
#include <typeinfo>
#include <unordered_set>

namespace reel::nn {
namespace {

/// Calls `f(path, module)` for a module and everything below it, parents first, at each of its places.
template <class M, class F>
void visit(M& module, const std::string& path, const F& f) {
  f(path, module);
  for (const auto& [name, child] : module.named_children()) visit(*child, path + name + ".", f);
}

/// Whether a module has a hook that was not removed.
bool is_hooked(const std::unique_ptr<ModuleHooks>& hooks) {
  bool found = false;
  const auto find = [&](const auto&) { found = true; };
  if (hooks != nullptr) {
    hooks->before.for_each(find);
    hooks->after.for_each(find);
    hooks->backward.for_each(find);
  }
  return found;
}

}  // namespace

Variable Module::operator()(const Variable& x) {
  LayersBehind none;
  return (*this)(x, none);
}

Variable Module::operator()(const Variable& x, LayersBehind& behind) {
  const ModuleCall call(*this, {&x, 1});
  if (is_hooked(hooks_)) return call_hooked(x);
  const auto hooked = std::find_if(behind.begin(), behind.end(), [](const Module* m) { return is_hooked(m->hooks_); });
  LayersBehind free(behind.begin(), hooked);
  const std::size_t offered = free.size();
  Variable y = forward_with(x, free);
  behind = behind.subspan(offered - free.size());
  return y;
}

ModuleHooks& Module::hooks() {
  if (hooks_ == nullptr) hooks_ = std::make_unique<ModuleHooks>();
  return *hooks_;
}

Variable Module::call_hooked(const Variable& x) {
  Variable in = x;
  hooks_->before.for_each([&](const auto& hook) {
    if (Variable other = hook(*this, in); other.defined()) in = std::move(other);
  });
  LayersBehind none;
  Variable out = forward_with(in, none);
  hooks_->after.for_each([&](const auto& hook) {
    if (Variable other = hook(*this, in, out); other.defined()) out = std::move(other);
  });
  if (hooks_->backward.empty()) return out;
  // An op of its own: the output may have been there before, and have other uses.
  return record("module_output", {out}, out.value(), [this](const Variable& grad, const Step&) -> Gradients {
    Variable gradient = grad;
    hooks_->backward.for_each([&](const auto& hook) {
      if (Variable other = hook(*this, gradient); other.defined()) gradient = std::move(other);
    });
    return {gradient};
  });
}

Variable Module::forward_with(const Variable& x, LayersBehind&) { return forward(x); }

Variable Module::forward(const Variable&) {
  throw Error(describe(), "has no forward(x); override it, or call the module's own method");
}

std::vector<std::pair<std::string, Variable>> Module::named_parameters() const {
  std::vector<std::pair<std::string, Variable>> out;
  std::unordered_set<const Leaf*> seen;
  visit(*this, "", [&](const std::string& path, const Module& module) {
    for (const auto& [name, item] : module.parameters_) {
      if (seen.insert(&item->leaf_state()).second) out.emplace_back(path + name, *item);
    }
  });
  return out;
}

std::vector<std::pair<std::string, Tensor>> Module::named_buffers() const {
  std::vector<std::pair<std::string, Tensor>> out;
  std::unordered_set<const Tensor*> seen;
  visit(*this, "", [&](const std::string& path, const Module& module) {
    for (const auto& [name, item] : module.buffers_) {
      if (seen.insert(item.get()).second) out.emplace_back(path + name, *item);
    }
  });
  return out;
}

std::vector<std::pair<std::string, Module*>> Module::named_children() const {
  std::vector<std::pair<std::string, Module*>> out;
  for (const auto& [name, item] : children_) out.emplace_back(name, item.get());
  return out;
}

std::vector<std::pair<std::string, Module*>> Module::named_modules() const {
  std::vector<std::pair<std::string, Module*>> out;
  std::unordered_set<const Module*> seen;
  for (const auto& [name, child] : children_) {
    visit(*child, name + ".", [&](const std::string& path, Module& module) {
      if (seen.insert(&module).second) out.emplace_back(path.substr(0, path.size() - 1), &module);
    });
  }
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

void Module::freeze(bool on) const {
  for (const Variable& p : parameters()) p.set_requires_grad(!on);
}

void Module::tie(const std::string& name, const Variable& parameter) {
  const auto own = std::find_if(parameters_.begin(), parameters_.end(), [&](const auto& p) { return p.name == name; });
  require<StateError>(own != parameters_.end(), describe(), "has no parameter ", name, " to tie");
  const Variable& before = *own->item;
  require<ShapeError>(parameter.shape() == before.shape(), describe(), name, " has shape ", before.shape(),
                      ", the parameter to tie it to ", parameter.shape());
  require<TypeError>(parameter.dtype() == before.dtype(), describe(), name, " is ", before.dtype(),
                     ", the parameter to tie it to ", parameter.dtype());
  parameter.leaf_state().is_registered = true;
  *own->item = parameter;
}

std::vector<std::string> Module::parameters_without_grad() const {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : named_parameters()) {
    if (parameter.requires_grad() && !parameter.grad().defined()) names.push_back(name);
  }
  return names;
}

std::vector<Module::Place> Module::places() const {
  std::vector<Place> out;
  visit(*this, "", [&](const std::string& path, const Module& module) {
    for (const auto& [name, item] : module.parameters_)
      out.push_back({path + name, &item->leaf_state(), item->value()});
    for (const auto& [name, item] : module.buffers_) out.push_back({path + name, item.get(), *item});
  });
  return out;
}

StateDict Module::state_dict() const {
  StateDict state;
  std::unordered_set<const void*> seen;
  for (const auto& [name, identity, tensor] : places()) {
    if (seen.insert(identity).second) state.emplace(name, tensor);
  }
  return state;
}

void Module::load_state_dict(const StateDict& state) {
  StateReader reader(state, "module");
  const std::vector<Place> all = places();
  std::unordered_set<const void*> served;  // what the dict has under one name or another
  for (const Place& place : all) {
    if (reader.has(place.name)) served.insert(place.identity);
  }
  std::vector<std::pair<Tensor, Tensor>> copies;  // to, from
  for (const auto& [name, identity, tensor] : all) {
    if (!reader.has(name) && !served.insert(identity).second) continue;
    copies.emplace_back(tensor, reader.take(name, tensor.shape(), tensor.dtype()));
  }
  reader.finish();
  for (auto& [to, from] : copies) to.copy_from(from);
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
  parameters_.push_back({name, std::make_shared<Variable>(Variable::leaf(std::move(initial), name))});
  parameters_.back().item->leaf_state().is_registered = true;
  return *parameters_.back().item;
}

Tensor& Module::buffer(const std::string& name, Tensor initial) {
  require_free(name);
  buffers_.push_back({name, std::make_shared<Tensor>(std::move(initial))});
  return *buffers_.back().item;
}

Module& Module::add_child(const std::string& name, std::shared_ptr<Module> child) {
  require_free(name);
  if (child->name_.empty()) child->name_ = name;  // of its first place
  children_.push_back({name, std::move(child)});
  return *children_.back().item;
}

void Module::share_child(const std::string& name, Module& registered) {
  std::shared_ptr<Module> shared = registered.weak_from_this().lock();
  require<StateError>(shared != nullptr && !registered.name_.empty(), "Module", "to register ", registered.describe(),
                      " once more as ", name, ", it must be registered somewhere; move it in where it is not");
  visit(registered, "", [&](const std::string&, const Module& below) {
    require<StateError>(&below != this, "Module", "registering ", registered.describe(), " as ", name,
                        " would make a module part of itself");
  });
  add_child(name, std::move(shared));
}

}  // namespace reel::nn
