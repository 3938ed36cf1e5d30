#include "train.h"

#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <reel/autograd/ops/loss.h>
#include <reel/autograd/tape.h>
#include <reel/core/kernels/reduce.h>
#include <string_view>
#include <tuple>

namespace mnist {

using namespace reel;

namespace {

volatile std::sig_atomic_t stop_requested = 0;
// What a signal says; on a terminal below the line that is being drawn.
std::string_view stop_message = "stopping after this batch ...\n";

void request_stop(int signal) {
  const int before = errno;
  if (stop_requested == 0) std::ignore = ::write(STDERR_FILENO, stop_message.data(), stop_message.size());
  stop_requested = 1;
  std::signal(signal, SIG_DFL);
  errno = before;
}

/// What the line of progress says of an epoch.
std::string describe(const Running& running) {
  char text[80];
  std::snprintf(text, sizeof text, "loss %.3f  accuracy %4.1f %%", running.loss.mean(), 100 * running.accuracy.value());
  return text;
}

/// Runs a batch again with every value looked at, to name the op that first made a NaN or an infinity.
[[noreturn]] void explain_bad_loss(nn::Module& model, const data::Batch& batch, double loss, std::int64_t epoch,
                                   std::int64_t number) {
  std::string cause = "the second look found nothing";
  try {
    const Tape tape({.check_finite = true});
    static_cast<void>(cross_entropy(model(batch.images), batch.labels));
  } catch (const NumericError& error) {
    cause = error.what();
  }
  throw NumericError("train", "the loss is ", std::isnan(loss) ? "NaN" : "infinite", " in epoch ", epoch, ", batch ",
                     number, "; first bad value: ", cause, "; a smaller --lr often helps");
}

}  // namespace

bool interrupted() { return stop_requested != 0; }

void watch_for_interrupts() {
  if (isatty(STDERR_FILENO) != 0) stop_message = "\nstopping after this batch ... (Ctrl-C again ends at once)\n";
  std::signal(SIGINT, request_stop);
  std::signal(SIGTERM, request_stop);
}

void train_epoch(const Training& training, data::DataLoader& loader, Running& running,
                 training::ProgressBar& progress) {
  auto& [model, optimizer, schedule, label_smoothing, after_step] = training;
  model.train();
  const std::int64_t epoch = loader.epoch() + 1;
  std::int64_t number = loader.next_batch();
  for (const auto& batch : loader) {
    ++number;
    Tape tape;
    const Variable logits = model(batch.images);
    const Variable loss = cross_entropy(logits, batch.labels, {.label_smoothing = label_smoothing});
    if (!std::isfinite(loss.item())) explain_bad_loss(model, batch, loss.item(), epoch, number);
    tape.backward(loss);
    optimizer.step();
    optimizer.zero_grad();
    if (schedule != nullptr) schedule->step();

    running.loss.add(loss.item(), static_cast<double>(batch.labels.numel()));
    running.accuracy.add(logits.value(), batch.labels);
    progress.update(running.accuracy.count(), describe(running));
    if (after_step) after_step();
    if (interrupted()) break;
  }
}

Evaluation evaluate(nn::Module& model, const data::ImageDataset& dataset) {
  model.eval();
  Evaluation result;
  const std::int64_t batch_size = std::min<std::int64_t>(250, dataset.size());
  data::DataLoader loader(dataset,
                          {.batch_size = batch_size, .shuffle = false, .normalization = data::mnist_normalization()});
  for (const auto& [images, labels] : loader) {
    const Tensor logits = model(images).value();
    const Tensor losses = cross_entropy(logits, labels, {.reduction = Reduction::none}).value();
    const Tensor predicted = argmax(logits, 1);
    result.confusion.add(predicted, labels);
    for (std::int64_t i = 0; i < labels.numel(); ++i) {
      result.predicted.push_back(static_cast<int>(predicted.data<std::int64_t>()[i]));
      result.losses.push_back(losses.data<float>()[i]);
      result.loss.add(result.losses.back());
    }
    if (interrupted()) break;
  }
  return result;
}

}  // namespace mnist
