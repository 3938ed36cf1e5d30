#include <algorithm>
#include <bit>
#include <reel/core/random.h>
#include <reel/data/loader.h>

namespace reel::data {
namespace {

std::int64_t count_batches(std::int64_t examples, std::int64_t batch_size, bool drop_last) {
  return drop_last ? examples / batch_size : (examples + batch_size - 1) / batch_size;
}

void check(const Dataset& dataset, const LoaderOptions& options) {
  require<ValueError>(options.batch_size >= 1, "DataLoader", "wants a batch_size of at least 1, got ",
                      options.batch_size);
  require<ValueError>(options.workers >= 0, "DataLoader", "wants 0 or more workers, got ", options.workers);
  require<ValueError>(dataset.size() > 0, "DataLoader", "the dataset is empty");
  require<ValueError>(options.batch_size <= dataset.size(), "DataLoader", "a batch_size of ", options.batch_size,
                      " is more than the ", dataset.size(), " examples of the dataset");
}

}  // namespace

/// What all epochs share. It doesn't change, so workers read it without locks.
struct DataLoader::Plan {
  std::shared_ptr<const Dataset> dataset;
  LoaderOptions options;
  Normalizer normalizer;

  [[nodiscard]] Generator generator(std::int64_t epoch) const {
    return Generator(options.seed).fork(static_cast<std::uint64_t>(epoch));
  }
  [[nodiscard]] Tensor order(std::int64_t epoch) const;
  [[nodiscard]] Example example(std::int64_t index, std::int64_t position, std::int64_t epoch) const;
  [[nodiscard]] Batch assemble(const Tensor& order, std::int64_t epoch, std::int64_t batch) const;
  void put(const Tensor& image, std::int64_t place, Tensor& images) const;
};

/// int64 [N]: which example stands at which position of the epoch.
Tensor DataLoader::Plan::order(std::int64_t epoch) const {
  const std::int64_t count = dataset->size();
  if (!options.shuffle) return Tensor::arange(0, static_cast<double>(count), 1, int64);
  Generator random = generator(epoch);
  return permutation(count, random);
}

/// The generator goes with the position, not with the batch, so that another batch_size sees the same images.
Example DataLoader::Plan::example(std::int64_t index, std::int64_t position, std::int64_t epoch) const {
  Example result = dataset->get(index);
  if (options.transform) {
    Generator random = generator(epoch).fork(static_cast<std::uint64_t>(position));
    result.image = options.transform(result.image, random);
  }
  return result;
}

void DataLoader::Plan::put(const Tensor& image, std::int64_t place, Tensor& images) const {
  const std::int64_t length = images.numel() / images.size(0);
  Tensor row = images.select(0, place);
  require<ShapeError>(image.shape() == row.shape(), "DataLoader", "the batch's images are ", row.shape(),
                      ", another one is ", image.shape());
  if (image.dtype() == uint8) return normalizer(image, {row.mutable_data<float>(), static_cast<std::size_t>(length)});
  require<TypeError>(image.dtype() == float32, "DataLoader", "wants images of uint8 or float32, got ", image.dtype());
  row.copy_from(image);
}

Batch DataLoader::Plan::assemble(const Tensor& order, std::int64_t epoch, std::int64_t batch) const {
  const std::int64_t begin = batch * options.batch_size;
  const std::int64_t count = std::min(options.batch_size, order.numel() - begin);
  const std::int64_t* indices = order.data<std::int64_t>();
  Batch result{{}, Tensor::empty({count}, int64)};
  for (std::int64_t i = 0; i < count; ++i) {
    const auto [image, label] = example(indices[begin + i], begin + i, epoch);
    if (i == 0) {
      require<ShapeError>(image.rank() == 3, "DataLoader", "wants images [C, H, W], got ", image.shape());
      result.images = Tensor::empty({count, image.size(0), image.size(1), image.size(2)}, float32);
    }
    put(image, i, result.images);
    result.labels.mutable_data<std::int64_t>()[i] = label;
  }
  if (options.batch_transform) {
    Generator random = generator(epoch).fork(~static_cast<std::uint64_t>(batch));  // none of an example's
    options.batch_transform(result, random);
  }
  return result;
}

DataLoader::DataLoader(std::shared_ptr<const Dataset> dataset, LoaderOptions options) {
  check(*dataset, options);
  Normalizer normalizer(options.normalization);
  plan_ = std::make_shared<const Plan>(Plan{std::move(dataset), std::move(options), std::move(normalizer)});
}

DataLoader::DataLoader(const DataLoader& other)
    : plan_(other.plan_), epoch_(other.epoch_), first_batch_(other.first_batch_) {
  if (other.place_ != nullptr) place_ = std::make_shared<Place>(*other.place_);
}

DataLoader::Iterator DataLoader::begin() {
  auto assemble = [plan = plan_, epoch = epoch_, order = plan_->order(epoch_)](std::int64_t batch) {
    return plan->assemble(order, epoch, batch);
  };
  auto source = std::make_unique<Prefetcher>(std::move(assemble), first_batch_, size(), options().workers);
  place_ = std::make_shared<Place>(Place{epoch_, first_batch_});
  ++epoch_;
  first_batch_ = 0;
  return Iterator(std::move(source), place_);
}

std::int64_t DataLoader::size() const {
  return count_batches(dataset().size(), options().batch_size, options().drop_last);
}

void DataLoader::set_epoch(std::int64_t epoch, std::int64_t first_batch) {
  require<ValueError>(epoch >= 0, "DataLoader::set_epoch", "wants an epoch of at least 0, got ", epoch);
  require<ValueError>(first_batch >= 0 && first_batch <= size(), "DataLoader::set_epoch",
                      "wants a first batch of 0 to ", size(), ", got ", first_batch);
  epoch_ = epoch;
  first_batch_ = first_batch;
  place_ = nullptr;
}

StateDict DataLoader::state_dict() const {
  const Place place = place_ == nullptr ? Place{epoch_, first_batch_} : *place_;
  return {{"epoch", integer_state(place.epoch)},
          {"batch", integer_state(place.batch)},
          {"examples", integer_state(dataset().size())},
          {"batch_size", integer_state(options().batch_size)},
          {"drop_last", integer_state(options().drop_last ? 1 : 0)},
          {"seed", integer_state(std::bit_cast<std::int64_t>(options().seed))}};
}

void DataLoader::load_state_dict(const StateDict& state) {
  StateReader reader(state, "DataLoader");
  const std::int64_t epoch = reader.integer("epoch");
  const std::int64_t batch = reader.integer("batch");
  StateDict others;
  for (const std::string name : {"examples", "batch_size", "drop_last", "seed"}) {
    others[name] = integer_state(reader.integer(name));
  }
  reader.finish();
  const StateDict own = state_dict();
  for (const auto& [name, theirs] : others) {
    const std::int64_t ours = own.at(name).data<std::int64_t>()[0];
    require<StateError>(theirs.data<std::int64_t>()[0] == ours, "DataLoader", "the state is of a loader with ", name,
                        ' ', theirs.data<std::int64_t>()[0], ", this one has ", ours);
  }
  require<StateError>(epoch >= 0 && batch >= 0 && batch <= size(), "DataLoader", "the state says epoch ", epoch,
                      " and batch ", batch, " of ", size());
  set_epoch(epoch, batch);
}

const Dataset& DataLoader::dataset() const { return *plan_->dataset; }
const LoaderOptions& DataLoader::options() const { return plan_->options; }

}  // namespace reel::data
