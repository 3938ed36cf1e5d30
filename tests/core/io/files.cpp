#include <stdlib.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <tests/core/io/files.h>

namespace reel::test {

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "reel_io_XXXXXX").string();
  REQUIRE(mkdtemp(name.data()) != nullptr);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

int TemporaryFolder::file_count() const {
  return static_cast<int>(std::distance(std::filesystem::directory_iterator(path_), {}));
}

std::string golden(const std::string& name) { return std::string(REEL_TEST_DATA) + "/io/" + name; }

std::string slurp(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

void spill(const std::string& path, const std::string& content) {
  std::filesystem::remove(path);  // some file systems bring a file to the disk when it is written over
  std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
}

Tensor golden_values(const Shape& shape, DType dtype) {
  Tensor out = Tensor::empty(shape, dtype);
  visit_all(dtype, [&]<class T>(T) {
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      double value = static_cast<double>(i);
      if (is_floating(dtype)) value = value / 2 - 1;
      if (dtype == int64) value -= 2;
      if (dtype == boolean) value = static_cast<double>(i % 2);
      out.mutable_data<T>()[i] = static_cast<T>(value);
    }
  });
  return out;
}

const std::vector<std::pair<std::string, Tensor>>& golden_arrays() {
  static const std::vector<std::pair<std::string, Tensor>> arrays{{"float32", golden_values({2, 3}, float32)},
                                                                  {"float64", golden_values({2, 1, 3}, float64)},
                                                                  {"int64", golden_values({5}, int64)},
                                                                  {"uint8", golden_values({2, 2, 2, 2}, uint8)},
                                                                  {"bool", golden_values({3, 2}, boolean)},
                                                                  {"empty", golden_values({0, 3}, float32)},
                                                                  {"scalar", Tensor::of({0.25}, Shape{}, float64)}};
  return arrays;
}

std::vector<Tensor> all_kinds_of_tensors() {
  std::vector<Tensor> tensors;
  for (const DType dtype : {float32, float64, int64, uint8, boolean}) {
    for (const Shape& shape :
         {Shape{}, Shape{3}, Shape{2, 3}, Shape{2, 3, 4}, Shape{2, 1, 3, 2}, Shape{0}, Shape{2, 0, 3}}) {
      tensors.push_back(golden_values(shape, dtype));
    }
    tensors.push_back(golden_values({3, 4}, dtype).transpose(0, 1));
    tensors.push_back(golden_values({5, 6}, dtype).slice(1, 1, 6, 2).narrow(0, 1, 3));
    tensors.push_back(golden_values({1, 3}, dtype).expand({2, 3}));
  }
  return tensors;
}

bool same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  const Tensor x = a.contiguous();
  const Tensor y = b.contiguous();
  return std::memcmp(x.bytes(), y.bytes(), x.nbytes()) == 0;
}

}  // namespace reel::test
