#include <algorithm>
#include <cctype>
#include <map>
#include <reel/autograd/ops/arithmetic.h>
#include <reel/autograd/ops/checks.h>
#include <reel/autograd/ops/einsum.h>
#include <reel/autograd/ops/matmul.h>
#include <reel/autograd/ops/rearrange.h>
#include <reel/autograd/ops/reduce.h>
#include <reel/autograd/ops/view.h>
#include <string>

namespace reel {
namespace {

/// A label for each of some axes: a letter, or for those of an ellipsis their number from the last one, as a digit.
using Labels = std::string;

/// A tensor whose axes have names.
struct Named {
  Variable value;
  Labels labels;
};

bool contains(const Labels& labels, char label) { return labels.find(label) != Labels::npos; }

/// Those of `from` for which `f(label)` holds, in their order.
template <class F>
Labels filter(const Labels& from, const F& f) {
  Labels out;
  std::copy_if(from.begin(), from.end(), std::back_inserter(out), f);
  return out;
}

/// An equation, read and checked beside its operands.
class Plan {
 public:
  Plan(std::string_view equation, const std::vector<Variable>& operands) : equation_(equation) {
    Labels text = filter(equation_, [](unsigned char c) { return std::isspace(c) == 0; });
    const std::size_t arrow = text.find("->");
    const Labels left = text.substr(0, arrow);
    require<ValueError>(!operands.empty(), "einsum", "got no tensors");
    const auto count = static_cast<std::size_t>(std::count(left.begin(), left.end(), ',')) + 1;
    require<ValueError>(count == operands.size(), "einsum", quoted(), " is for ", count, " tensors, got ",
                        operands.size());
    std::size_t begin = 0;
    for (const Variable& operand : operands) {
      const std::size_t end = std::min(left.find(',', begin), left.size());
      add_operand(left.substr(begin, end - begin), operand);
      begin = end + 1;
    }
    output_ = arrow == Labels::npos ? implied_output() : expanded(text.substr(arrow + 2), ellipsis_);
    for (const char label : output_) {
      require<ValueError>(sizes_.contains(label), "einsum", quoted(), " has ", label, " behind the arrow alone");
      require<ValueError>(std::count(output_.begin(), output_.end(), label) == 1, "einsum", quoted(), " has ", label,
                          " twice behind the arrow");
    }
  }

  [[nodiscard]] const std::vector<Labels>& inputs() const { return inputs_; }
  [[nodiscard]] const Labels& output() const { return output_; }
  [[nodiscard]] std::int64_t size(char label) const { return sizes_.at(label).size; }
  /// The sizes of some axes.
  [[nodiscard]] Shape shape(const Labels& labels) const {
    Shape out;
    for (const char label : labels) out.push_back(size(label));
    return out;
  }

 private:
  struct Size {
    std::int64_t size;
    std::size_t operand;  // that has it
  };

  [[nodiscard]] std::string quoted() const { return concat('"', equation_, '"'); }

  /// `term` with digits for its ellipsis, which stands for `axes` axes.
  [[nodiscard]] Labels expanded(Labels term, int axes) const {
    const std::size_t dots = term.find("...");
    if (dots != Labels::npos) {
      Labels digits;
      for (int i = axes - 1; i >= 0; --i) digits.push_back(static_cast<char>('0' + i));
      term.erase(dots, 3);
      require_letters(term);
      return term.insert(dots, digits);
    }
    require_letters(term);
    return term;
  }
  void require_letters(const Labels& term) const {
    for (const unsigned char c : term) {
      require<ValueError>(std::isalpha(c) != 0, "einsum", quoted(), " has ", c,
                          " where a letter is wanted, or one ellipsis in each term");
    }
  }

  void add_operand(const Labels& term, const Variable& operand) {
    require_floats("einsum", operand);
    const bool has_ellipsis = contains(term, '.');
    const int letters = static_cast<int>(term.size()) - (has_ellipsis ? 3 : 0);
    const int axes = std::max(0, operand.rank() - letters);
    const Labels labels = expanded(term, axes);
    const std::size_t number = inputs_.size();
    require<ShapeError>(has_ellipsis ? operand.rank() >= letters : operand.rank() == letters, "einsum", quoted(),
                        " wants ", letters, has_ellipsis ? " axes or more" : " axes", " of operand ", number, ", \"",
                        term, "\", which has shape ", operand.shape());
    if (has_ellipsis) ellipsis_ = std::max(ellipsis_, axes);
    for (int i = 0; i < operand.rank(); ++i) {
      const char label = labels[static_cast<std::size_t>(i)];
      const std::int64_t size = operand.size(i);
      Size& known = sizes_.try_emplace(label, Size{size, number}).first->second;
      const bool fits = size == known.size || size == 1 || known.size == 1;
      const auto twin = static_cast<std::int64_t>(labels.find(label));  // of a diagonal
      require<ShapeError>(fits && operand.size(twin) == size, "einsum", quoted(), " has axis ", label, " of size ",
                          known.size, " in operand ", known.operand, " and of size ", size, " in operand ", number);
      if (known.size == 1) known = {size, number};
    }
    inputs_.push_back(labels);
  }

  /// The ellipsis and then the letters that stand once.
  [[nodiscard]] Labels implied_output() const {
    Labels out = expanded("...", ellipsis_);
    for (const auto& [label, unused] : sizes_) {
      std::ptrdiff_t times = 0;
      for (const Labels& labels : inputs_) times += std::count(labels.begin(), labels.end(), label);
      if (times == 1 && std::isalpha(static_cast<unsigned char>(label)) != 0) out.push_back(label);
    }
    return out;
  }

  std::string equation_;
  std::vector<Labels> inputs_;
  Labels output_;
  int ellipsis_ = 0;
  std::map<char, Size> sizes_;
};

/// The axes in the order of `order`, in which every label of `a` stands.
Variable arranged(const Named& a, const Labels& order) {
  if (a.labels == order) return a.value;
  Dims axes;
  for (const char label : order) axes.push_back(static_cast<std::int64_t>(a.labels.find(label)));
  return permute(a.value, axes);
}

Variable reshaped(const Variable& a, const Shape& shape) { return a.shape() == shape ? a : reshape(a, shape); }

Shape joined(Shape a, const Shape& b) {
  for (const std::int64_t size : b) a.push_back(size);
  return a;
}

/// Takes the diagonal for a label that stands twice, until none does.
Named diagonals(Named a) {
  for (std::size_t i = 0; i < a.labels.size(); ++i) {
    const char label = a.labels[i];
    const std::size_t j = a.labels.find(label, i + 1);
    if (j == Labels::npos) continue;
    const Variable value = diagonal(a.value, 0, static_cast<std::int64_t>(i), static_cast<std::int64_t>(j));
    a.labels.erase(j, 1).erase(i, 1);
    return diagonals({value, a.labels + label});
  }
  return a;
}

/// Sums over the axes that nobody needs any more.
Named without(const Named& a, const Labels& needed) {
  Dims axes;
  for (std::size_t i = 0; i < a.labels.size(); ++i) {
    if (!contains(needed, a.labels[i])) axes.push_back(static_cast<std::int64_t>(i));
  }
  if (axes.rank() == 0) return a;
  return {sum(a.value, axes), filter(a.labels, [&](char label) { return contains(needed, label); })};
}

/// The product of two, summed over the labels of both that are not needed.
Named multiplied(const Plan& plan, const Named& a, const Named& b, const Labels& needed) {
  const auto in_a = [&](char label) { return contains(a.labels, label); };
  const auto in_b = [&](char label) { return contains(b.labels, label); };
  const Labels batch = filter(a.labels, [&](char label) { return in_b(label) && contains(needed, label); });
  const Labels common = filter(a.labels, [&](char label) { return in_b(label) && !contains(needed, label); });
  const Labels left = filter(a.labels, [&](char label) { return !in_b(label); });
  const Labels right = filter(b.labels, [&](char label) { return !in_a(label); });
  const Shape B = plan.shape(batch);
  const std::int64_t M = numel(plan.shape(left));
  const std::int64_t K = numel(plan.shape(common));
  const std::int64_t N = numel(plan.shape(right));
  const Labels labels = batch + left + right;
  if (left.empty() && right.empty()) {
    const Variable product = arranged(a, batch + common) * arranged(b, batch + common);
    return without({product, batch + common}, needed);
  }
  // (B..., M, K) x (B..., K, N) -> (B..., M, N); an outer product where there is nothing to sum over
  const Variable rows = reshaped(arranged(a, batch + left + common), joined(B, {M, K}));
  const Variable columns = reshaped(arranged(b, batch + common + right), joined(B, {K, N}));
  const Variable product = common.empty() ? rows * columns : matmul(rows, columns);
  return {reshaped(product, plan.shape(labels)), labels};
}

}  // namespace

Variable einsum(std::string_view equation, const std::vector<Variable>& operands) {
  const Plan plan(equation, operands);
  Named product;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    require_same_dtype("einsum", operands.front().value(), operands[i].value());
    const Labels& labels = plan.inputs()[i];
    Labels later = plan.output();
    for (std::size_t k = i + 1; k < operands.size(); ++k) later += plan.inputs()[k];
    const Shape shape = plan.shape(labels);
    const Variable whole = operands[i].shape() == shape ? operands[i] : expand(operands[i], shape);
    const Named next = without(diagonals({whole, labels}), later + product.labels);
    product = i == 0 ? next : multiplied(plan, without(product, later + next.labels), next, later);
  }
  product = without(product, plan.output());
  return arranged(product, plan.output());
}

}  // namespace reel
