#include <doctest/doctest.h>

#include <reel/training/progress.h>

using reel::training::ProgressBar;

TEST_CASE("progress: the line, and what is left of it in little space") {
  const ProgressBar bar("epoch 1/2", 1000, "images");
  CHECK(bar.line(500, "loss 0.5", 2, 79) ==
        "epoch 1/2 [##############..............] loss 0.5     250 images/s     2 s left");
  CHECK(bar.line(500, "", 2, 120) ==
        "epoch 1/2 [####################....................]    250 images/s     2 s left");
  CHECK(bar.line(500, "loss 0.5", 2, 50) == "epoch 1/2 loss 0.5     250 images/s     2 s left");
  CHECK(bar.line(500, "loss 0.5", 2, 20) == "epoch 1/2 loss 0.5  ");
  CHECK(bar.line(500, "loss 0.5", 2, 0).empty());
  CHECK(bar.line(1500, "", 2, 120) ==
        "epoch 1/2 [########################################]    750 images/s     0 s left");
  CHECK(ProgressBar("none", 0).line(0, "", 0, 60) == "none [#########################]      0 steps/s     0 s left");
}
