#include "checkpoints.h"

namespace mnist {

using namespace reel;

namespace {

/// What must stay the same for the weights to come out the same. With a constant learning rate, more epochs are a run
/// that goes on.
training::Config configuration(const Options& o) {
  const Recipe& r = o.recipe;
  training::Config config{{"model", r.model},
                          {"data", o.data},
                          {"train_limit", concat(o.train_limit)},
                          {"holdout", concat(o.holdout)},
                          {"seed", concat(o.seed)},
                          {"load", o.load},
                          {"batch_size", concat(r.batch_size)},
                          {"lr", concat(r.lr)},
                          {"momentum", concat(r.momentum)},
                          {"weight_decay", concat(r.weight_decay)},
                          {"schedule", r.schedule},
                          {"augment", r.augment},
                          {"label_smoothing", concat(r.label_smoothing)}};
  if (r.schedule != "constant") config["epochs"] = concat(r.epochs);
  return config;
}

}  // namespace

Checkpoints::Checkpoints(const Options& options) : every_(options.checkpoint_steps) {
  if (!options.checkpoints.empty())
    files_.emplace(options.checkpoints, training::CheckpointerOptions{.config = configuration(options)});
}

bool Checkpoints::resume() {
  const auto step = files_ ? files_->resume() : std::nullopt;
  step_ = step.value_or(0);
  return step.has_value();
}

void Checkpoints::after_step() {
  ++step_;
  if (every_ > 0 && step_ % every_ == 0) save();
}

void Checkpoints::save() {
  if (files_) files_->save(step_);
}

}  // namespace mnist
