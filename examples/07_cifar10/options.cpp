#include "options.h"

#include <reel/core/parallel.h>

#include "../command_line.h"

namespace cifar10 {

using examples::from_zero;
using examples::most_counted;
using examples::whole;

std::optional<int> parse(int argc, char** argv, Options& o) {
  CLI::App app("Trains ResNet-20 on CIFAR-10.", "cifar10");
  app.option_defaults()->always_capture_default();
  app.add_option(
         "--data", o.data,
         "CIFAR-10's binary version (cifar-10-binary.tar.gz, or the folder in it), or pictures: a folder or a tar "
         "file with train/CLASS/... and test/CLASS/... (PNG, JPEG, BMP)")
      ->required();
  app.add_option("--epochs", o.epochs, "Passes over the training images")->transform(whole(1, most_counted));
  app.add_option("--batch-size", o.batch_size, "Images for each step")->transform(whole(1, most_counted));
  app.add_option("--lr", o.lr, "The highest learning rate of the one cycle")->check(from_zero());
  app.add_option("--momentum", o.momentum, "Nesterov momentum of SGD")->check(from_zero(1));
  app.add_option("--weight-decay", o.weight_decay, "L2 penalty on the weights of convolutions and the linear layer")
      ->check(from_zero());
  app.add_option("--label-smoothing", o.label_smoothing, "Share of the labels' weight that goes to all classes")
      ->check(from_zero(1));
  app.add_option("--seed", o.seed, "Decides initial weights, order and augmentation")
      ->transform(whole(0, std::numeric_limits<std::uint64_t>::max()));
  app.add_option("--threads", o.threads, "Threads to compute with (0: all cores)")
      ->transform(whole(0, reel::max_threads));
  app.add_option("--workers", o.workers, "Threads that make batches ahead")->transform(whole(0, reel::max_threads));
  app.add_flag("--decode-ahead", o.decode_ahead,
               "Decode pictures each time they are seen, on the workers, instead of all at the start");
  app.add_option("--train-limit", o.train_limit, "Use only the first N training images in a random order (0: all)")
      ->transform(whole(0, most_counted));
  app.add_option("--log", o.log, "Write a JSON object for each epoch here, line by line");
  app.add_option("--save", o.save, "Write the weights here at the end (safetensors)");
  app.add_option("--checkpoints", o.checkpoints,
                 "Keep in this folder all that the run needs to go on, and go on from what is there already");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return std::nullopt;
}

}  // namespace cifar10
