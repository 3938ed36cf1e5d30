#include "recipes.h"

#include <reel/data/affine.h>
#include <reel/optim/schedules.h>

#include "../models/names.h"

namespace mnist {

using namespace reel;

const std::vector<std::string>& recipe_names() {
  static const std::vector<std::string> names{"speedrun", "best"};
  return names;
}

Recipe find_recipe(const std::string& name) {
  if (name == "speedrun") {
    return {.model = "strided", .epochs = 1, .batch_size = 64, .lr = 0.15, .schedule = "one-cycle", .augment = "shift"};
  }
  if (name == "best") {
    return {.model = "pooled",
            .epochs = 10,
            .batch_size = 128,
            .lr = 0.1,
            .weight_decay = 5e-4,
            .schedule = "one-cycle",
            .augment = "affine",
            .label_smoothing = 0.1};
  }
  throw ValueError("recipe", "wants ", any_of(recipe_names()), ", got ", name);
}

const std::vector<std::string>& schedule_names() {
  static const std::vector<std::string> names{"constant", "one-cycle"};
  return names;
}

std::optional<optim::Schedule> make_schedule(const Recipe& recipe, optim::Optimizer& optimizer, std::int64_t steps) {
  if (recipe.schedule == "constant") return {};
  if (recipe.schedule == "one-cycle") {
    return optim::OneCycleLR(optimizer, {.max_lr = recipe.lr, .total_steps = steps, .cycle_momentum = false});
  }
  throw ValueError("schedule", "wants ", any_of(schedule_names()), ", got ", recipe.schedule);
}

const std::vector<std::string>& augmentation_names() {
  static const std::vector<std::string> names{"none", "shift", "affine"};
  return names;
}

data::Transform make_augmentation(const Recipe& recipe) {
  if (recipe.augment == "none") return {};
  if (recipe.augment == "shift") return data::random_shift(1);
  if (recipe.augment == "affine") {
    return data::random_affine({.degrees = 12, .shear = 8, .shift = 2, .min_scale = 0.88, .max_scale = 1.12});
  }
  throw ValueError("augment", "wants ", any_of(augmentation_names()), ", got ", recipe.augment);
}

}  // namespace mnist
