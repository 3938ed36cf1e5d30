#pragma once

#include <functional>
#include <reel/data/loader.h>
#include <reel/nn/module.h>
#include <reel/optim/optimizer.h>
#include <reel/optim/schedule.h>
#include <reel/training/metrics.h>
#include <reel/training/progress.h>

namespace mnist {

/// True once Ctrl-C was pressed (or SIGTERM came); training and evaluation then end after the batch, as a line on the
/// standard error says. A second one ends the program at once.
[[nodiscard]] bool interrupted();
void watch_for_interrupts();

/// What a step of training works with.
struct Training {
  reel::nn::Module& model;
  reel::optim::Optimizer& optimizer;
  reel::optim::Schedule* schedule = nullptr;  // moved on after each step, where there is one
  double label_smoothing = 0;
  std::function<void()> after_step = {};
};

/// What an epoch has come to so far.
struct Running {
  reel::training::RunningMean loss;
  reel::training::Accuracy accuracy;
};

/// One pass over the loader's batches, which `running` counts. Stops early where interrupted. Throws reel::NumericError
/// where the loss is no longer a number, with the epoch, the batch and the first op that produced one.
void train_epoch(const Training& training, reel::data::DataLoader& loader, Running& running,
                 reel::training::ProgressBar& progress);

/// What a model makes of a data set.
struct Evaluation {
  reel::training::RunningMean loss;
  reel::training::ConfusionMatrix confusion{10};
  std::vector<int> predicted;  // by image
  std::vector<double> losses;  // by image
};
/// One pass over the data set. Stops early where interrupted.
[[nodiscard]] Evaluation evaluate(reel::nn::Module& model, const reel::data::ImageDataset& dataset);

}  // namespace mnist
