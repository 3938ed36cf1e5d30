// Trains a net on MNIST-style digits, tests it, and shows its mistakes. ./run mnist --help explains the options.

#include <cmath>
#include <cstdio>
#include <iostream>
#include <reel/core/io/file.h>
#include <reel/core/parallel.h>
#include <reel/optim/sgd.h>

#include "../models/mnist.h"
#include "../output.h"
#include "checkpoints.h"
#include "log.h"
#include "options.h"
#include "profile.h"
#include "report.h"
#include "train.h"

namespace {

using namespace reel;
using namespace mnist;

nn::Sequential prepare_model(Options& options) {
  manual_seed(options.seed);
  if (options.load.empty()) {
    if (options.recipe.model.empty()) options.recipe.model = "lenet5";
    return make_model(options.recipe.model);
  }
  const SavedModel saved = load_model(options.load);
  if (options.recipe.model.empty()) options.recipe.model = saved.name;
  require<StateError>(saved.name == options.recipe.model, options.load, "holds a ", saved.name,
                      ", and --model or --recipe says ", options.recipe.model);
  nn::Sequential model = make_model(options.recipe.model);
  model.load_state_dict(saved.state);
  return model;
}

/// Finds out before an hour of training whether its result can be written.
void require_writable(const std::string& path) {
  if (!path.empty()) const io::AtomicFile probe(path);
}

data::DataLoader training_batches(const data::ImageDataset& dataset, const Options& options) {
  return data::DataLoader(dataset, {.batch_size = options.recipe.batch_size,
                                    .shuffle = true,
                                    .seed = options.seed,
                                    .transform = make_augmentation(options.recipe),
                                    .normalization = data::mnist_normalization()});
}

void print_epoch(const EpochResult& r, std::int64_t epochs) {
  std::printf("epoch %lld/%lld: train loss %.4f, test loss %.4f, test accuracy %.2f %%, %.1f s, %.0f images/s\n",
              static_cast<long long>(r.epoch), static_cast<long long>(epochs), r.train_loss, r.test_loss,
              100 * r.test_accuracy, r.train_seconds, r.images_per_second);
  std::fflush(stdout);
}

/// What is left of a run to do: all of it, or what a checkpoint has left.
struct Run {
  Run(nn::Module& net, const data::Mnist& digits, const Options& options)
      : model(net),
        optimizer(model.parameters(), {.lr = options.recipe.lr,
                                       .momentum = options.recipe.momentum,
                                       .weight_decay = options.recipe.weight_decay}),
        loader(training_batches(digits.train, options)),
        schedule(make_schedule(options.recipe, optimizer, options.recipe.epochs * loader.size())),
        checkpoints(options),
        profile(options.profile) {
    checkpoints.add("model", model);
    checkpoints.add("optimizer", optimizer);
    if (schedule) checkpoints.add("schedule", *schedule);
    checkpoints.add("data", loader);
    checkpoints.add("loss", running.loss);
    checkpoints.add("accuracy", running.accuracy);
    goes_on = checkpoints.resume();
  }

  nn::Module& model;
  optim::SGD optimizer;
  data::DataLoader loader;
  std::optional<optim::Schedule> schedule;
  Running running;  // of the epoch so far
  Checkpoints checkpoints;
  StepProfile profile;
  bool goes_on = false;
};

/// Trains until the loader is at the end of an epoch, and tells how long it took and how many images a second that
/// were.
void train_epoch(Run& run, const Options& options, std::int64_t images, EpochResult& result) {
  const training::Stopwatch watch;
  const std::int64_t before = run.running.accuracy.count();
  training::ProgressBar progress(concat("epoch ", result.epoch, '/', options.recipe.epochs), images, "images");
  train_epoch({.model = run.model,
               .optimizer = run.optimizer,
               .schedule = run.schedule ? &*run.schedule : nullptr,
               .label_smoothing = options.recipe.label_smoothing,
               .after_step =
                   [&] {
                     run.profile.after_step();
                     run.checkpoints.after_step();
                   }},
              run.loader, run.running, progress);
  run.profile.after_epoch();
  result.train_loss = run.running.loss.mean();
  result.train_seconds = watch.seconds();
  result.lr = run.optimizer.lr();
  result.images_per_second = static_cast<double>(run.running.accuracy.count() - before) / result.train_seconds;
}

/// Trains for the epochs asked for, or until interrupted, and returns the last evaluation; an empty one where there was
/// nothing left to train.
Evaluation train(Run& run, const data::Mnist& data, const Options& options, Log& log) {
  Evaluation evaluation;
  while (run.loader.epoch() < options.recipe.epochs && !interrupted()) {
    EpochResult result{.epoch = run.loader.epoch() + 1};
    train_epoch(run, options, data.train.size(), result);
    if (interrupted()) {
      std::cout << "interrupted in epoch " << result.epoch << " after " << run.running.accuracy.count() << " images\n";
      run.checkpoints.save();
      break;
    }
    evaluation = evaluate(run.model, data.test);
    if (interrupted()) {
      std::cout << "interrupted in the test of epoch " << result.epoch << " after " << evaluation.confusion.count()
                << " images\n";
      break;
    }
    result.test_loss = evaluation.loss.mean();
    result.test_accuracy = evaluation.confusion.accuracy();
    result.peak_rss_bytes = peak_rss_bytes();
    require<NumericError>(std::isfinite(result.test_loss), "test", "the loss on the test images is ", result.test_loss,
                          " after epoch ", result.epoch, "; a smaller --lr often helps");
    print_epoch(result, options.recipe.epochs);
    log.write(result);
    run.running.loss.reset();
    run.running.accuracy.reset();
    run.checkpoints.save();
  }
  run.profile.report();
  return evaluation;
}

void report(const Evaluation& evaluation, const data::ImageDataset& test, const Options& options) {
  std::cout << '\n' << evaluation.confusion << '\n';
  std::printf("test accuracy: %.2f %% (%lld of %lld)\n", 100 * evaluation.confusion.accuracy(),
              static_cast<long long>(evaluation.confusion.correct()),
              static_cast<long long>(evaluation.confusion.count()));
  const std::int64_t shown = options.mistakes.empty() ? 0 : write_mistakes(options.mistakes, evaluation, test);
  if (shown > 0) std::cout << "the " << shown << " worst mistakes (true > read): " << options.mistakes << '\n';
}

void work(Options& options) {
  const training::Stopwatch watch;
  if (options.threads > 0) set_num_threads(options.threads);
  // What can go wrong with the model is found out before the data is drawn or downloaded.
  nn::Sequential model = prepare_model(options);
  require_writable(options.save);
  require_writable(options.mistakes);
  require_writable(options.log);
  require_writable(options.profile);
  const data::Mnist data = load_data(options);
  watch_for_interrupts();
  std::cout << "model: " << options.recipe.model << ", " << model.parameter_count() << " parameters; "
            << data.train.size() << " training and " << data.test.size() << " test images; " << num_threads()
            << " threads" << std::endl;
  Run run(model, data, options);
  Log log(options.log, run.goes_on);
  if (run.goes_on)
    std::cout << "going on in epoch " << run.loader.epoch() + 1 << " from " << options.checkpoints << '\n';
  else log.write(options, data, model.parameter_count());
  Evaluation evaluation = train(run, data, options, log);
  if (!options.save.empty()) {
    save_model(options.save, options.recipe.model, model);
    std::cout << "weights saved: " << options.save << '\n';
  }
  if (!interrupted() && evaluation.confusion.count() == 0) {
    evaluation = evaluate(model, data.test);
    if (interrupted()) std::cout << "interrupted in the test after " << evaluation.confusion.count() << " images\n";
  }
  if (interrupted()) return;
  report(evaluation, data.test, options);
  std::printf("%.1f s in all\n", watch.seconds());
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (const auto exit_code = parse(argc, argv, options)) return *exit_code;
  try {
    work(options);
    examples::require_written();
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "mnist: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
