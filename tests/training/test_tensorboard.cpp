#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <reel/core/random.h>
#include <reel/data/image.h>
#include <reel/training/tensorboard.h>
#include <tests/autograd/errors.h>
#include <tests/core/io/files.h>

using namespace reel;
using namespace reel::testing;
using namespace reel::training;

namespace {

constexpr double time_of_golden = 1700000000.25;

events::Stamp at(std::int64_t step) { return {time_of_golden, step}; }

std::string bytes(std::initializer_list<int> values) {
  std::string out;
  for (const int value : values) out += static_cast<char>(value);
  return out;
}

/// The events of a file; fails where a length or a checksum is wrong.
std::vector<std::string> read_events(const std::string& content) {
  std::vector<std::string> found;
  for (std::size_t place = 0; place < content.size();) {
    REQUIRE(place + 16 <= content.size());
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(content[place + i]);
    REQUIRE(place + 16 + length <= content.size());
    found.push_back(content.substr(place + 12, length));
    REQUIRE(events::record(found.back()) == content.substr(place, 16 + length));
    place += 16 + length;
  }
  return found;
}

/// The only file in a folder.
std::string file_in(const std::string& folder) {
  std::string path;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    REQUIRE(path.empty());
    path = entry.path().string();
  }
  return path;
}

}  // namespace

TEST_CASE("tensorboard: CRC-32C, with the values of RFC 3720") {
  CHECK(events::crc32c("") == 0);
  CHECK(events::crc32c("123456789") == 0xe3069283U);
  CHECK(events::crc32c(std::string(32, '\0')) == 0x8a9136aaU);
  CHECK(events::crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
}

TEST_CASE("tensorboard: the bytes of events are those that TensorBoard writes") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::string own;
  for (const std::string& event : {events::version(time_of_golden), events::scalars(at(0), {{"loss", 2.5}}),
                                   events::scalars(at(300), {{"loss", 0.0}, {"accuracy", nan}}),
                                   events::scalars(at(std::int64_t{1} << 40), {{"a/b \xc3\xa9", -1e30}}),
                                   events::histogram(at(3), "weight", histogram(Tensor::of({-1, 0, 2}), 4)),
                                   events::histogram(at(4), "none", histogram(Tensor::of({nan})))}) {
    own += events::record(event);
  }
  const std::string golden = test::slurp(REEL_TEST_DATA "/events.tfevents");
  const auto wanted = read_events(golden), got = read_events(own);
  REQUIRE(got.size() == wanted.size());
  for (std::size_t i = 0; i < got.size(); ++i) {
    CAPTURE(i);
    CHECK(got[i] == wanted[i]);
  }
  CHECK(own == golden);
}

TEST_CASE("tensorboard: an image is a PNG between its size") {
  const Tensor picture = Tensor::of({0, 50, 100, 150, 200, 250}, {2, 3}, uint8);
  const std::string event = events::image(at(1), "p", picture);
  const std::size_t begin = event.find("\x89PNG");
  REQUIRE(begin != std::string::npos);
  const std::string png = event.substr(begin);
  const auto size = static_cast<int>(png.size());
  REQUIRE(size < 100);
  // wall_time, step 1; summary, value, tag, image: height 2, width 3, colorspace 1, the PNG
  CHECK(event.substr(9, begin - 9) == bytes({0x10, 1, 0x2a, size + 15, 0x0a, size + 13, 0x0a, 1, 'p', 0x22, size + 8, 8,
                                             2, 0x10, 3, 0x18, 1, 0x22, size}));
  const Tensor back = data::decode_image(std::as_bytes(std::span(png)), "png", 1);
  CHECK(test::same(back.squeeze(0), picture));
  check_error([&] { static_cast<void>(events::image(at(1), "p", Tensor::zeros({2, 3}))); }, {"TypeError: "});
}

TEST_CASE("tensorboard: a file can be read at any time") {
  const test::TemporaryFolder folder;
  TensorBoardLogger board(folder / "runs/one");
  CHECK(file_in(folder / "runs").ends_with("one"));
  board.scalar("loss", 0.5, 1);
  const std::string path = file_in(folder / "runs/one");
  CHECK(path.find("/events.out.tfevents.") != std::string::npos);
  auto found = read_events(test::slurp(path));
  REQUIRE(found.size() == 2);
  CHECK(found[0].substr(9) == events::version(0).substr(9));
  CHECK(found[1].substr(9) == events::scalars({0, 1}, {{"loss", 0.5}}).substr(9));
  board.histogram("w", Tensor::of({1, 2, 3}), 2);
  board.image("picture", Tensor::zeros({3, 4, 4}, uint8), 2);
  found = read_events(test::slurp(path));
  REQUIRE(found.size() == 4);
  CHECK(found[2].substr(9) == events::histogram({0, 2}, "w", histogram(Tensor::of({1, 2, 3}))).substr(9));
  test::spill(folder / "file", "");
  CHECK(test::fails_with(folder / "file/run", "can't be made", [&] { TensorBoardLogger(folder / "file/run"); }));
}
