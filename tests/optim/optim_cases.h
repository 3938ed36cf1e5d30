#pragma once

#include <memory>
#include <reel/optim/adagrad.h>
#include <reel/optim/adam.h>
#include <reel/optim/plateau.h>
#include <reel/optim/rmsprop.h>
#include <reel/optim/schedules.h>
#include <reel/optim/sgd.h>
#include <tests/autograd/golden.h>

/// Optimizers and schedules from the metadata of golden cases.
namespace reel::testing {

/// The options of one group or part, whose names start with a prefix; those that are not given stay as they are.
class Given {
 public:
  explicit Given(const std::string& text, std::string prefix = {}) : attributes_(text), prefix_(std::move(prefix)) {}

  [[nodiscard]] std::string word(const std::string& key) const { return attributes_.word_or(prefix_ + key, ""); }
  void read(const std::string& key, double& to) const { to = word(key).empty() ? to : std::stod(word(key)); }
  void read(const std::string& key, bool& to) const { to = word(key).empty() ? to : word(key) == "1"; }
  void read(const std::string& key, std::int64_t& to) const { to = word(key).empty() ? to : std::stoll(word(key)); }
  [[nodiscard]] double number(const std::string& key, double other) const {
    read(key, other);
    return other;
  }
  [[nodiscard]] std::vector<double> numbers(const std::string& key) const {
    std::vector<double> out;
    std::istringstream parts(word(key));
    for (std::string part; std::getline(parts, part, ',');) out.push_back(std::stod(part));
    return out;
  }
  [[nodiscard]] std::vector<std::int64_t> integers(const std::string& key) const {
    const std::vector<double> all = numbers(key);
    return {all.begin(), all.end()};
  }

 private:
  Attributes attributes_;
  std::string prefix_;
};

inline void read(const Given& given, optim::SGDOptions& o) {
  given.read("momentum", o.momentum);
  given.read("dampening", o.dampening);
  given.read("nesterov", o.nesterov);
}
inline void read(const Given& given, optim::RMSpropOptions& o) {
  given.read("alpha", o.alpha);
  given.read("eps", o.eps);
  given.read("momentum", o.momentum);
  given.read("centered", o.centered);
}
inline void read(const Given& given, optim::AdagradOptions& o) {
  given.read("lr_decay", o.lr_decay);
  given.read("initial_accumulator_value", o.initial_accumulator_value);
  given.read("eps", o.eps);
}
template <class Options>
requires requires(Options o) { o.beta1; }
void read(const Given& given, Options& o) {
  const std::vector<double> betas = given.numbers("betas");
  if (!betas.empty()) {
    o.beta1 = betas[0];
    o.beta2 = betas[1];
  }
  given.read("eps", o.eps);
  given.read("amsgrad", o.amsgrad);
}

template <class Kind, class Options>
std::unique_ptr<optim::Optimizer> make_of(const std::string& text, const std::vector<Variable>& parameters) {
  const auto options = [&](const char* prefix) {
    const Given given(text, prefix);
    Options o;
    given.read("lr", o.lr);
    given.read("weight_decay", o.weight_decay);
    read(given, o);
    return o;
  };
  if (text.find(" 1.") == std::string::npos) return std::make_unique<Kind>(parameters, options(""));
  return std::make_unique<Kind>(std::vector<optim::ParameterGroup<Options>>{{{parameters.at(0)}, options("")},
                                                                            {{parameters.at(1)}, options("1.")}});
}

/// "op=sgd lr=0.1"; where options of a second group are given, "1.lr=0.2", the second parameter is in that.
inline std::unique_ptr<optim::Optimizer> make_optimizer(const std::string& text,
                                                        const std::vector<Variable>& parameters) {
  const std::string op = Given(text).word("op");
  if (op == "sgd") return make_of<optim::SGD, optim::SGDOptions>(text, parameters);
  if (op == "adam") return make_of<optim::Adam, optim::AdamOptions>(text, parameters);
  if (op == "adamw") return make_of<optim::AdamW, optim::AdamWOptions>(text, parameters);
  if (op == "rmsprop") return make_of<optim::RMSprop, optim::RMSpropOptions>(text, parameters);
  if (op == "adagrad") return make_of<optim::Adagrad, optim::AdagradOptions>(text, parameters);
  throw ValueError(op, "is no optimizer");
}

/// "op=step step_size=3", and of the parts of a composed one "0.op=linear 0.total_iters=5 1.op=...".
inline optim::Schedule make_schedule(const std::string& text, optim::Optimizer& optimizer, std::size_t part = 99) {
  const Given given(text, part == 99 ? "" : concat(part, '.'));
  const std::string op = given.word("op");
  const auto count = [&](const char* key) { return static_cast<std::int64_t>(given.number(key, 1)); };
  if (op == "lambda")
    return optim::LambdaLR(optimizer, [](std::int64_t t) { return 1 / (1 + static_cast<double>(t)); });
  if (op == "step") return optim::StepLR(optimizer, count("step_size"), given.number("gamma", 0.1));
  if (op == "multi_step") {
    return optim::MultiStepLR(optimizer, given.integers("milestones"), given.number("gamma", 0.1));
  }
  if (op == "exponential") return optim::ExponentialLR(optimizer, given.number("gamma", 1));
  if (op == "cosine") return optim::CosineAnnealingLR(optimizer, count("T_max"), given.number("eta_min", 0));
  if (op == "restarts") {
    return optim::CosineAnnealingWarmRestarts(optimizer, count("T_0"), count("T_mult"), given.number("eta_min", 0));
  }
  if (op == "constant") {
    optim::ConstantLROptions o;
    given.read("factor", o.factor);
    given.read("total_iters", o.total_iters);
    return optim::ConstantLR(optimizer, o);
  }
  if (op == "linear") {
    optim::LinearLROptions o;
    given.read("start_factor", o.start_factor);
    given.read("end_factor", o.end_factor);
    given.read("total_iters", o.total_iters);
    return optim::LinearLR(optimizer, o);
  }
  if (op == "one_cycle") {
    optim::OneCycleOptions o;
    given.read("max_lr", o.max_lr);
    given.read("total_steps", o.total_steps);
    given.read("pct_start", o.pct_start);
    given.read("cycle_momentum", o.cycle_momentum);
    given.read("base_momentum", o.base_momentum);
    given.read("max_momentum", o.max_momentum);
    given.read("div_factor", o.div_factor);
    given.read("final_div_factor", o.final_div_factor);
    return optim::OneCycleLR(optimizer, o);
  }
  std::vector<optim::Schedule> parts;
  while (text.find(concat(' ', parts.size(), ".op=")) != std::string::npos) {
    parts.push_back(make_schedule(text, optimizer, parts.size()));
  }
  if (op == "sequential") return optim::SequentialLR(optimizer, parts, given.integers("milestones"));
  if (op == "chained") return optim::ChainedScheduler(optimizer, parts);
  throw ValueError(op, "is no schedule");
}

inline optim::PlateauOptions plateau_options(const std::string& text) {
  const Given given(text);
  optim::PlateauOptions o;
  if (given.word("mode") == "max") o.mode = optim::PlateauMode::max;
  if (given.word("threshold_mode") == "abs") o.threshold_mode = optim::PlateauThreshold::abs;
  given.read("factor", o.factor);
  given.read("patience", o.patience);
  given.read("threshold", o.threshold);
  given.read("cooldown", o.cooldown);
  given.read("min_lr", o.min_lr);
  given.read("eps", o.eps);
  return o;
}

}  // namespace reel::testing
