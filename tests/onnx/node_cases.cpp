// What tests/onnx_node_test.py runs: node_cases FOLDER... reads model.onnx and test_data_set_*/{input,output}_*.pb of
// each folder, as the ONNX project lays its tests out, and prints a line for each: passed, refused or FAILED, and why.
// Without a folder it prints the ops that Reel imports.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <reel/core/io/file.h>
#include <reel/nn/onnx/import.h>
#include <reel/reel.h>

using namespace reel;
namespace fs = std::filesystem;

namespace {

std::vector<Tensor> read_tensors(const fs::path& folder, const std::string& kind) {
  std::vector<Tensor> tensors;
  for (int i = 0;; ++i) {
    const fs::path path = folder / concat(kind, '_', i, ".pb");
    if (!fs::exists(path)) return tensors;
    const auto bytes = io::read_file(path.string());
    tensors.push_back(bytes.empty() ? Tensor() : onnx::parse_tensor(bytes, path.filename().string()));
  }
}

/// The bounds that the ONNX project holds its own implementations to: 1e-3 of the number, and 1e-7.
std::string difference(const Tensor& got, const Tensor& wanted) {
  if (got.shape() != wanted.shape()) return concat("is ", got.shape(), " for ", wanted.shape());
  if (got.dtype() != wanted.dtype()) return concat("is ", got.dtype(), " for ", wanted.dtype());
  const Tensor a = got.to(float64).contiguous(), b = wanted.to(float64).contiguous();
  for (std::int64_t i = 0; i < a.numel(); ++i) {
    const double x = a.span<double>()[static_cast<std::size_t>(i)], y = b.span<double>()[static_cast<std::size_t>(i)];
    const bool is_equal = x == y || (std::isnan(x) && std::isnan(y)) || std::abs(x - y) <= 1e-7 + 1e-3 * std::abs(y);
    if (!is_equal) return concat("has ", x, " for ", y, " at ", i);
  }
  return {};
}

std::string run(const fs::path& folder) {
  try {
    onnx::Model model = onnx::import_model((folder / "model.onnx").string());
    for (int set = 0; fs::exists(folder / concat("test_data_set_", set)); ++set) {
      const fs::path data = folder / concat("test_data_set_", set);
      const std::vector<Tensor> inputs = read_tensors(data, "input"), outputs = read_tensors(data, "output");
      const std::vector<Variable> got = model.run({inputs.begin(), inputs.end()});
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        if (!got[i].defined()) return concat("FAILED output ", i, " is not there");
        if (const std::string off = difference(got[i].value(), outputs[i]); !off.empty()) {
          return concat("FAILED output ", i, ' ', off);
        }
      }
    }
    return "passed";
  } catch (const Error& error) {
    std::string why = error.what();
    std::replace(why.begin(), why.end(), '\n', ' ');
    return concat("refused ", why);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 1) {
    for (const onnx::ImportedOp& op : onnx::imported_ops()) std::cout << op.name << '\n';
  }
  for (int i = 1; i < argc; ++i) std::cout << fs::path(argv[i]).filename().string() << ' ' << run(argv[i]) << std::endl;
}
