#pragma once

#include <reel/data/dataset.h>
#include <reel/data/normalize.h>
#include <string>
#include <string_view>
#include <vector>

namespace reel::data {

/// CIFAR-10 or CIFAR-100 (Krizhevsky, "Learning multiple layers of features from tiny images", 2009): images uint8
/// [N, 3, 32, 32], 50,000 to train and 10,000 to test with in the originals.
struct Cifar {
  ImageDataset train;                ///< in the order of the files
  ImageDataset test;                 ///< likewise
  std::vector<std::string> classes;  ///< their names, by label
};

/// Reads CIFAR-10 in its binary version: data_batch_1.bin to data_batch_5.bin and test_batch.bin, and the names of the
/// classes in batches.meta.txt where that is there. `path` is the folder that has them, or the archive that is
/// published, cifar-10-binary.tar.gz. Throws IoError, with the file and the offset, for what is missing, is no whole
/// number of examples, or has a label above 9.
[[nodiscard]] Cifar load_cifar10(std::string_view path);

/// Whether load_cifar10() has something to read at `path`. Throws IoError for a file that is no archive.
[[nodiscard]] bool is_cifar10(std::string_view path);

/// Which of its two labels an example of CIFAR-100 gets: one of 100 classes, or of the 20 that those belong to.
enum class CifarLabels { fine, coarse };

/// Reads CIFAR-100 in its binary version: train.bin and test.bin, and fine_label_names.txt or coarse_label_names.txt
/// where that is there; as load_cifar10 does.
[[nodiscard]] Cifar load_cifar100(std::string_view path, CifarLabels labels = CifarLabels::fine);

/// Means and deviations of CIFAR-10's training pixels by channel: {0.4914, 0.4822, 0.4465}, {0.2470, 0.2435, 0.2616}.
[[nodiscard]] Normalization cifar10_normalization();

}  // namespace reel::data
