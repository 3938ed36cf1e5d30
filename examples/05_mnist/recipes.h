#pragma once

#include <cstdint>
#include <optional>
#include <reel/data/transforms.h>
#include <reel/optim/schedule.h>
#include <string>
#include <vector>

namespace mnist {

/// How a net is trained. Every setting is an option of the program too.
struct Recipe {
  std::string model;  // empty: that of --load, or lenet5
  std::int64_t epochs = 3;
  std::int64_t batch_size = 64;
  double lr = 0.02;  // where a schedule moves it, the highest
  double momentum = 0.9;
  double weight_decay = 0;
  std::string schedule = "constant";
  std::string augment = "none";
  double label_smoothing = 0;
};

/// Recipes that were found by experiment on MNIST; docs/recipes.md tells how, and what they reach.
///
///     speedrun  99.0 % within seconds
///     best      99.6 % within minutes
[[nodiscard]] const std::vector<std::string>& recipe_names();
/// Throws reel::ValueError for another name.
[[nodiscard]] Recipe find_recipe(const std::string& name);

/// What Recipe::schedule may be.
[[nodiscard]] const std::vector<std::string>& schedule_names();
/// Moves the optimizer's learning rate over so many steps; nothing for "constant". Throws reel::ValueError for a name
/// that is none of them.
[[nodiscard]] std::optional<reel::optim::Schedule> make_schedule(const Recipe& recipe,
                                                                 reel::optim::Optimizer& optimizer, std::int64_t steps);

/// What Recipe::augment may be.
[[nodiscard]] const std::vector<std::string>& augmentation_names();
/// How training images are changed, anew in each epoch; empty for "none". Throws reel::ValueError for a name that is
/// none of them.
[[nodiscard]] reel::data::Transform make_augmentation(const Recipe& recipe);

}  // namespace mnist
