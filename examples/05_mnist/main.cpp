// Trains a net on MNIST-style digits, tests it, and shows its mistakes. ./run mnist --help explains the options.

#include <cmath>
#include <cstdio>
#include <iostream>
#include <reel/core/io/file.h>
#include <reel/core/parallel.h>
#include <reel/optim/sgd.h>

#include "../models/mnist.h"
#include "../output.h"
#include "log.h"
#include "options.h"
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

/// Trains for the epochs asked for, or until interrupted, and returns the last evaluation.
Evaluation train(nn::Module& model, const data::Mnist& data, const Options& options, Log& log) {
  const Recipe& recipe = options.recipe;
  if (recipe.epochs == 0) return {};
  optim::SGD optimizer(model.parameters(),
                       {.lr = recipe.lr, .momentum = recipe.momentum, .weight_decay = recipe.weight_decay});
  data::DataLoader loader = training_batches(data.train, options);
  auto schedule = make_schedule(recipe, optimizer, recipe.epochs * loader.size());
  Evaluation evaluation;
  for (std::int64_t epoch = 1; epoch <= recipe.epochs && !interrupted(); ++epoch) {
    const training::Stopwatch watch;
    Running running;
    {
      training::ProgressBar progress(concat("epoch ", epoch, '/', recipe.epochs), data.train.size(), "images");
      running = train_epoch({model, optimizer, schedule ? &*schedule : nullptr, recipe.label_smoothing}, loader,
                            progress, epoch);
    }
    const double seconds = watch.seconds();
    if (interrupted()) {
      std::cout << "interrupted in epoch " << epoch << " after " << running.accuracy.count() << " images\n";
      break;
    }
    evaluation = evaluate(model, data.test);
    if (interrupted()) {
      std::cout << "interrupted in the test of epoch " << epoch << " after " << evaluation.confusion.count()
                << " images\n";
      break;
    }
    require<NumericError>(std::isfinite(evaluation.loss.mean()), "test", "the loss on the test images is ",
                          evaluation.loss.mean(), " after epoch ", epoch, "; a smaller --lr often helps");
    const EpochResult result{.epoch = epoch,
                             .train_loss = running.loss.mean(),
                             .train_seconds = seconds,
                             .test_loss = evaluation.loss.mean(),
                             .test_accuracy = evaluation.confusion.accuracy(),
                             .images_per_second = static_cast<double>(running.accuracy.count()) / seconds,
                             .peak_rss_bytes = peak_rss_bytes()};
    print_epoch(result, recipe.epochs);
    log.write(result);
  }
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

void run(Options& options) {
  const training::Stopwatch watch;
  if (options.threads > 0) set_num_threads(options.threads);
  // What can go wrong with the model is found out before the data is drawn or downloaded.
  nn::Sequential model = prepare_model(options);
  require_writable(options.save);
  require_writable(options.mistakes);
  Log log(options.log);
  const data::Mnist data = load_data(options);
  watch_for_interrupts();
  std::cout << "model: " << options.recipe.model << ", " << model.parameter_count() << " parameters; "
            << data.train.size() << " training and " << data.test.size() << " test images; " << num_threads()
            << " threads" << std::endl;
  log.write(options, data, model.parameter_count());
  Evaluation evaluation = train(model, data, options, log);
  if (!options.save.empty()) {
    save_model(options.save, options.recipe.model, model);
    std::cout << "weights saved: " << options.save << '\n';
  }
  if (!interrupted() && options.recipe.epochs == 0) {
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
    run(options);
    examples::require_written();
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "mnist: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
