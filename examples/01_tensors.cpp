// Tensors: what they are made of, which of them share memory, and how shapes fit together.

#include <filesystem>
#include <iostream>
#include <reel/reel.h>
#include <string_view>

#include "no_options.h"
#include "output.h"

namespace {

using namespace reel;

void title(std::string_view text) { std::cout << "\n---- " << text << '\n'; }

/// Prints the expression itself, and what it gives.
#define SHOW(expression) std::cout << #expression << '\n' << (expression) << '\n'

void making() {
  title("Making them: a shape, a dtype, and numbers in rows");
  const Tensor a = Tensor::arange(0, 6).reshape({2, 3});
  SHOW(a);
  SHOW(Tensor::of({1, 2, 3}));
  SHOW(Tensor::eye(2, float64));
  SHOW(Tensor::full({2, 2}, 7, int64));
  Generator chance(1);  // the same numbers on every machine, with any number of threads
  SHOW(normal({2, 3}, 0, 1, float32, chance));
}

void views() {
  title("Views: other shapes of the same memory, at no cost");
  Tensor a = Tensor::arange(0, 12).reshape({3, 4});
  const Tensor column = a.select(1, 2);
  const Tensor turned = a.transpose(0, 1);
  SHOW(column);
  SHOW(turned);
  std::cout << "strides of a " << a.strides() << ", of its transpose " << turned.strides() << ", of a column "
            << column.strides() << '\n';
  a.narrow(0, 1, 1).fill(-1);  // writes into a: row 1
  std::cout << "after a.narrow(0, 1, 1).fill(-1), seen through the transpose:\n" << turned << '\n';
  const Tensor copy = turned.contiguous();
  std::cout << "shares memory: the transpose " << std::boolalpha << turned.shares_memory_with(a)
            << ", its contiguous() " << copy.shares_memory_with(a) << '\n';
}

void broadcasting() {
  title("Broadcasting: sizes of 1 stretch, missing axes are added in front");
  const Tensor rows = Tensor::of({0, 10, 20}, {3, 1});
  const Tensor columns = Tensor::of({1, 2, 3, 4});
  SHOW(rows + columns);
  SHOW(rows.expand({3, 4}));  // a view with stride 0
}

void reducing() {
  title("Reductions and products");
  const Tensor a = Tensor::of({1, 5, 2, 4, 3, 6}, {2, 3});
  SHOW(sum(a));
  SHOW(mean(a, {0}));
  SHOW(max(a, {1}, /*keepdim=*/true));
  SHOW(argmax(a, 1));
  SHOW(softmax(a, 1));
  SHOW(matmul(a, a.transpose(0, 1)));
  SHOW(einsum("ij,kj->ik", {a, a}).value());  // the same
}

void picking() {
  title("Picking");
  const Tensor a = Tensor::of({3, -1, 4, -1, 5, -9}, {2, 3});
  SHOW(a[1]);
  SHOW(a.slice(1, 0, 3, 2));
  SHOW(gt(a, Tensor::scalar(0)));
  SHOW(where(gt(a, Tensor::scalar(0)), a, Tensor::scalar(0)));
  SHOW(index_select(a, 1, Tensor::of({2, 0}, int64)));
  SHOW(concatenate({a, a}, 0));
}

void files() {
  title("Files: NumPy reads this one");
  const std::string path = "tensor.npy";
  io::save_npy(path, Tensor::arange(0, 4));
  std::cout << "wrote " << std::filesystem::absolute(path).string() << '\n';
  SHOW(io::load_npy(path));
}

void mistakes() {
  title("Mistakes say what to change");
  const auto try_it = [](const char* code, const auto& work) {
    try {
      work();
    } catch (const Error& error) {
      std::cout << code << "\n  " << error.what() << '\n';
    }
  };
  const Tensor a = Tensor::zeros({2, 3});
  try_it("a + Tensor::zeros({2})", [&] { (void)(a + Tensor::zeros({2})); });
  try_it("matmul(a, a)", [&] { (void)matmul(a, a); });
  try_it("a.reshape({4})", [&] { (void)a.reshape({4}); });
  try_it("a + Tensor::zeros({3}, float64)", [&] { (void)(a + Tensor::zeros({3}, float64)); });
  try_it("a.select(1, 3)", [&] { (void)a.select(1, 3); });
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto code = examples::refuse_options(argc, argv, "A walk through tensors; writes tensor.npy."))
    return *code;
  try {
    making();
    views();
    broadcasting();
    reducing();
    picking();
    files();
    mistakes();
    examples::require_written();
    return 0;
  } catch (const std::exception& error) {
    std::cout.flush();
    std::cerr << "tensors: " << error.what() << '\n';
    return 1;
  }
}
