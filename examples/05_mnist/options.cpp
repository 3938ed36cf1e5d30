#include "options.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <limits>
#include <reel/core/parallel.h>

#include "../command_line.h"
#include "../models/mnist.h"
#include "../models/names.h"

namespace mnist {

namespace {

using examples::from_zero;
using examples::most_counted;
using examples::whole;

/// Where a path leads, so that two spellings of one file are equal.
std::filesystem::path place(const std::string& path) {
  std::error_code failed;
  const auto found = std::filesystem::weakly_canonical(std::filesystem::absolute(path), failed);
  return failed ? std::filesystem::path(path) : found;
}

/// Refuses outputs that would overwrite one another, or the weights to start from (which --save may).
void check_files(const Options& o) {
  const std::vector<std::pair<std::string, std::string>> files{
      {"--load", o.load}, {"--save", o.save}, {"--log", o.log}, {"--mistakes", o.mistakes}, {"--profile", o.profile}};
  for (auto b = files.begin(); b != files.end(); ++b) {
    for (auto a = files.begin(); a != b; ++a) {
      const bool may_be_same = a->first == "--load" && b->first == "--save";
      if (may_be_same || a->second.empty() || b->second.empty() || place(a->second) != place(b->second)) continue;
      throw CLI::ValidationError(a->first + " and " + b->first, "both name the file " + a->second);
    }
  }
}

void add_data_options(CLI::App& app, Options& o) {
  app.add_option("--data", o.data,
                 "What to train on: 'synthetic' (digits that the program draws itself), 'mnist' or 'fashion-mnist' "
                 "(downloaded once, about 12 and 30 MB), or a folder with IDX files, gzipped or not")
      ->capture_default_str();
  CLI::Option* test_data = app.add_option("--test-data", o.test_data,
                                          "Test on this instead of on the test part of --data; the same choices");
  app.add_option("--cache-dir", o.cache_dir, "Where downloads are kept (default: $REEL_CACHE_DIR or ~/.cache/reel)");
  app.add_option("--mirror", o.mirror, "Base URL to download from instead of the public mirror");
  app.add_option("--train-limit", o.train_limit, "Use only the first N training images (0: all)")
      ->capture_default_str()
      ->transform(whole(0, most_counted));
  app.add_option("--holdout", o.holdout,
                 "Hold the last N training images out and test on them; the test images are not even read (0: none)")
      ->capture_default_str()
      ->transform(whole(0, most_counted))
      ->excludes(test_data);
}

void add_recipe_options(CLI::App& app, Recipe& r) {
  app.add_option("--model", r.model, "The net: " + any_of(model_names()) + " (default: that of --load, or lenet5)")
      ->check(CLI::IsMember(model_names()));
  app.add_option("--epochs", r.epochs, "Passes over the training images; 0 only tests")
      ->capture_default_str()
      ->transform(whole(0, most_counted));
  app.add_option("--batch-size", r.batch_size, "Images for each step")
      ->capture_default_str()
      ->transform(whole(1, most_counted));
  app.add_option("--lr", r.lr, "Learning rate of SGD; the highest, where a schedule moves it")
      ->capture_default_str()
      ->check(from_zero());
  app.add_option("--momentum", r.momentum, "Momentum of SGD")->capture_default_str()->check(from_zero(1));
  app.add_option("--weight-decay", r.weight_decay, "L2 penalty on all parameters")
      ->capture_default_str()
      ->check(from_zero());
  app.add_option("--schedule", r.schedule,
                 "How the learning rate moves: constant, or one-cycle (up to --lr and down to 0, step by step)")
      ->capture_default_str()
      ->check(CLI::IsMember(schedule_names()));
  app.add_option("--augment", r.augment,
                 "How training images change, anew in each epoch: none, shift (by up to a pixel) or affine (turned, "
                 "slanted, scaled and moved)")
      ->capture_default_str()
      ->check(CLI::IsMember(augmentation_names()));
  app.add_option("--label-smoothing", r.label_smoothing, "Share of the labels' weight that goes to all classes")
      ->capture_default_str()
      ->check(from_zero(1));
}

void add_run_options(CLI::App& app, Options& o) {
  app.add_option("--seed", o.seed,
                 "Decides initial weights, order and augmentation; the same seed gives the same weights")
      ->capture_default_str()
      ->transform(whole(0, std::numeric_limits<std::uint64_t>::max()));
  app.add_option("--threads", o.threads, "Threads to compute with (0: all cores); results don't depend on it")
      ->capture_default_str()
      ->transform(whole(0, reel::max_threads));
}

void add_file_options(CLI::App& app, Options& o) {
  app.add_option("--save", o.save, "Write the weights here at the end (safetensors)");
  app.add_option("--load", o.load, "Start from these weights; epochs, order and momentum begin anew");
  CLI::Option* checkpoints = app.add_option("--checkpoints", o.checkpoints,
                                            "Keep in this folder all that the run needs to go on, and go on from what "
                                            "is there already: the same options give "
                                            "the same weights, stopped or not");
  app.add_option("--checkpoint-steps", o.checkpoint_steps,
                 "Save to --checkpoints after each N batches too, not only after each epoch (0: no)")
      ->capture_default_str()
      ->transform(whole(0, most_counted))
      ->needs(checkpoints);
  app.add_option("--log", o.log, "Write a JSON object here for the configuration and for each epoch, line by line");
  app.add_option("--mistakes", o.mistakes, "Write the worst mistakes on the test images here, as a PNG ('': nowhere)")
      ->capture_default_str();
  app.add_option("--profile", o.profile,
                 "Print what a hundred steps of the training spend their time on, and write their trace here, in "
                 "Chrome's format");
}

void add_recipe_name(CLI::App& app, std::string& name) {
  app.add_option(
         "--recipe", name,
         "Settings that go together: speedrun (99.0 % of MNIST within seconds) or best (99.6 % within minutes). "
         "They become the defaults of the options from --model to --label-smoothing, as --recipe NAME --help shows; an "
         "option that is given wins over them")
      ->check(CLI::IsMember(recipe_names()));
}

/// The settings that the other options change: --recipe decides the defaults of the options, so it is read before them.
Recipe starting_recipe(int argc, char** argv) {
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::string name;
  add_recipe_name(app, name);
  app.parse(argc, argv);
  return name.empty() ? Recipe() : find_recipe(name);
}

}  // namespace

std::optional<int> parse(int argc, char** argv, Options& options) {
  CLI::App app("Trains a small net to read digits, and shows how well it does.", "mnist");
  try {
    options.recipe = starting_recipe(argc, argv);
    add_recipe_name(app, options.recipe_name);
    add_recipe_options(app, options.recipe);
    add_data_options(app, options);
    add_run_options(app, options);
    add_file_options(app, options);
    app.parse(argc, argv);
    check_files(options);
    if (options.recipe.schedule != "constant" && options.recipe.lr == 0) {
      throw CLI::ValidationError("--lr", "has to be above 0 where a schedule moves it");
    }
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  }
  return std::nullopt;
}

reel::data::Mnist load_data(const Options& options) {
  if (options.data == "synthetic") {
    std::cout << "data: digits drawn by the program itself; for the real ones: --data mnist (downloads 12 MB), or "
                 "--data DIR\n";
  } else {
    std::cout << "data: " << options.data << '\n';
  }
  reel::data::Mnist data = load_digits(options);
  if (options.train_limit > 0) {
    data.train = data.train.slice(0, std::min(options.train_limit, data.train.size()));
  }
  return data;
}

}  // namespace mnist
