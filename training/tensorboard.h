#pragma once

#include <reel/training/logger.h>

namespace reel::training {

/// TensorBoard's event files: `tensorboard --logdir runs` shows all that stand below a folder, a run for each folder.
///
///     training::TensorBoardLogger board("runs/lenet5");
///     board.scalar("loss/train", loss.mean(), epoch);
///     for (const auto& [name, parameter] : model.named_parameters()) board.histogram(name, parameter.value(), epoch);
class TensorBoardLogger : public Logger {
 public:
  /// Makes the folder, and in it a new file at the first call that writes: events.out.tfevents.TIME.PROCESS.
  explicit TensorBoardLogger(const std::string& folder);

 protected:
  void write_scalars(const Scalars& values, std::int64_t step) override;
  void write_image(const std::string& name, const Tensor& image, std::int64_t step) override;
  void write_histogram(const std::string& name, const Histogram& histogram, std::int64_t step) override;

 private:
  void write(const std::string& event);

  io::RecordFile file_;
  bool begun_ = false;
};

/// The bytes of event files, for tests and other writers: an Event as TensorFlow's event.proto and summary.proto have
/// it, at a time in seconds since 1970.
namespace events {

/// When, and in which step.
struct Stamp {
  double wall_time = 0;   ///< seconds since 1970
  std::int64_t step = 0;  ///< of the training
};
/// The first of each file.
[[nodiscard]] std::string version(double wall_time);
/// Events with the values of a step, with a picture, or with a histogram:
[[nodiscard]] std::string scalars(const Stamp& stamp, const Scalars& values);
[[nodiscard]] std::string image(const Stamp& stamp, const std::string& name, const Tensor& image);
[[nodiscard]] std::string histogram(const Stamp& stamp, const std::string& name, const Histogram& histogram);
/// An event as it stands in a file: its length, the event, and a checksum behind each (TFRecord).
[[nodiscard]] std::string record(std::string_view event);
/// CRC-32C (Castagnoli), as in iSCSI.
[[nodiscard]] std::uint32_t crc32c(std::string_view bytes);

}  // namespace events

}  // namespace reel::training
