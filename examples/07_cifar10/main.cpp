// Trains ResNet-20 on CIFAR-10. ./run cifar10 --help explains the options; docs/examples/07_cifar10.md has a run.

#include <cmath>
#include <cstdio>
#include <iostream>
#include <reel/reel.h>

#include "../models/resnet.h"
#include "../output.h"
#include "data.h"
#include "options.h"

namespace {

using namespace reel;
using namespace cifar10;

/// Weight decay is for the weights that normalisation or a sum follows; scales, shifts and biases go free.
std::vector<optim::ParameterGroup<optim::SGDOptions>> groups(const nn::Module& model, const Options& o) {
  const optim::SGDOptions free{.lr = o.lr, .momentum = o.momentum, .nesterov = o.momentum > 0};
  optim::SGDOptions decayed = free;
  decayed.weight_decay = o.weight_decay;
  std::vector<Variable> weights, others;
  for (const Variable& p : model.parameters()) (p.rank() > 1 ? weights : others).push_back(p);
  return {{weights, decayed}, {others, free}};
}

/// Everything that changes while a net is trained.
struct Run {
  Run(const Data& data, const Options& o)
      : model(models::resnet20()),
        optimizer(groups(model, o)),
        loader(data.train, {.batch_size = std::min(o.batch_size, data.train->size()),
                            .seed = o.seed,
                            .transform = data::compose({data::random_crop(32, 32, 4), data::random_horizontal_flip()}),
                            .normalization = data::cifar10_normalization(),
                            .workers = o.workers}),
        schedule(optimizer, {.max_lr = o.lr, .total_steps = o.epochs * loader.size(), .cycle_momentum = false}) {}

  models::ResNet model;
  optim::SGD optimizer;
  data::DataLoader loader;
  optim::OneCycleLR schedule;
};

struct Result {
  training::RunningMean loss;
  training::Accuracy accuracy;
};

Result train_epoch(Run& run, const Options& o) {
  const std::int64_t epoch = run.loader.epoch() + 1;
  training::ProgressBar bar(concat("epoch ", epoch, '/', o.epochs), run.loader.dataset().size(), "images");
  Result result;
  run.model.train();
  for (const auto& [images, labels] : run.loader) {
    Tape tape;
    const Variable logits = run.model(images);
    const Variable loss = cross_entropy(logits, labels, {.label_smoothing = o.label_smoothing});
    require<NumericError>(std::isfinite(loss.item()), "cifar10", "the loss is ", loss.item(), " in epoch ", epoch,
                          "; a smaller --lr often helps");
    tape.backward(loss);
    run.optimizer.step();
    run.optimizer.zero_grad();
    run.schedule.step();
    result.loss.add(loss.item(), static_cast<double>(labels.numel()));
    result.accuracy.add(logits.value(), labels);
    bar.update(result.accuracy.count(), concat("loss ", result.loss.mean()));
  }
  return result;
}

struct Evaluation {
  training::RunningMean loss;
  training::ConfusionMatrix confusion{10};
};

/// Mirror images are tested along, since either may be what there is to see; the logits are the mean of both.
Evaluation evaluate(nn::Module& model, const Data& data, const Options& o) {
  model.eval();
  Evaluation result;
  data::DataLoader loader(data.test, {.batch_size = std::min<std::int64_t>(250, data.test->size()),
                                      .shuffle = false,
                                      .normalization = data::cifar10_normalization(),
                                      .workers = o.workers});
  for (const auto& [images, labels] : loader) {
    const Tensor logits = 0.5 * (model(images).value() + model(flip(images, {3})).value());
    result.loss.add(cross_entropy(logits, labels).item(), static_cast<double>(labels.numel()));
    result.confusion.add(logits, labels);
  }
  return result;
}

void work(const Options& o) {
  const training::Stopwatch all;
  if (o.threads > 0) set_num_threads(o.threads);
  const Data data = load(o);
  manual_seed(o.seed);
  Run run(data, o);
  std::optional<training::Checkpointer> checkpoints;
  if (!o.checkpoints.empty()) {
    checkpoints.emplace(o.checkpoints, training::CheckpointerOptions{.keep_last = 1, .mode = training::Mode::max});
    checkpoints->add("model", run.model);
    checkpoints->add("optimizer", run.optimizer);
    checkpoints->add("schedule", run.schedule);
    checkpoints->add("data", run.loader);
    checkpoints->resume();
  }
  std::optional<training::JsonLogger> log;
  using Old = training::JsonLogger::Old;
  if (!o.log.empty()) log.emplace(o.log, run.loader.epoch() > 0 ? Old::keep : Old::replace);
  std::cout << "ResNet-20, " << run.model.parameter_count() << " parameters; " << data.train->size() << " training and "
            << data.test->size() << " test images; " << num_threads() << " threads; read in " << all.seconds() << " s"
            << std::endl;

  Evaluation evaluation;
  while (run.loader.epoch() < o.epochs) {
    const std::int64_t epoch = run.loader.epoch() + 1;
    const training::Stopwatch watch;
    const Result result = train_epoch(run, o);
    const double seconds = watch.seconds();
    evaluation = evaluate(run.model, data, o);
    std::printf(
        "epoch %2lld/%lld: train loss %.4f, accuracy %5.2f %%; test loss %.4f, accuracy %5.2f %%; %.1f s, %.1f %% "
        "of it waiting for data\n",
        static_cast<long long>(epoch), static_cast<long long>(o.epochs), result.loss.mean(),
        100 * result.accuracy.value(), evaluation.loss.mean(), 100 * evaluation.confusion.accuracy(), seconds,
        100 * run.loader.seconds_waited() / seconds);
    std::fflush(stdout);
    if (log) {
      log->scalars({{"train_loss", result.loss.mean()},
                    {"train_accuracy", result.accuracy.value()},
                    {"test_loss", evaluation.loss.mean()},
                    {"test_accuracy", evaluation.confusion.accuracy()},
                    {"seconds", seconds},
                    {"seconds_waited", run.loader.seconds_waited()}},
                   epoch);
    }
    if (checkpoints) checkpoints->save(epoch, evaluation.confusion.accuracy());
  }
  if (!o.save.empty()) io::save_safetensors(o.save, run.model.state_dict(), {{"model", "resnet20"}});
  if (evaluation.confusion.count() == 0) evaluation = evaluate(run.model, data, o);
  std::cout << '\n';
  for (std::size_t i = 0; i < data.classes.size(); ++i)
    std::cout << i << ' ' << data.classes[i] << (i % 5 == 4 ? '\n' : ' ');
  std::cout << '\n' << evaluation.confusion << '\n';
  std::printf("test accuracy: %.2f %%, %.0f s in all\n", 100 * evaluation.confusion.accuracy(), all.seconds());
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
    std::cerr << "cifar10: " << error.what() << '\n';
    return 1;
  }
  return 0;
}
