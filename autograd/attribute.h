#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <new>
#include <ostream>
#include <reel/core/shape.h>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace reel {

/// An option that an op was called with, such as stride=2,1, for those who look at a tape. Anything small that streams
/// can be one: `{"axis", axis}`, `{"stride", {2, 1}}`, `{"mode", PaddingMode::reflect}`. It becomes text only when
/// somebody looks, so the name, and a word as value, must be a literal or live as long as one.
class Attribute {
 public:
  /// `name` and the value, which is copied.
  template <class T>
  requires(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(Dims)) Attribute(const char* name, T value)
      : name_(name), look_(&look<T>) {
    new (bytes_.data()) T(value);
  }
  /// A list of numbers, as stride or shape: `{"stride", {2, 1}}`.
  Attribute(const char* name, const Dims& value) : name_(name), look_(&look<Dims>) { new (bytes_.data()) Dims(value); }
  /// One that is not shown while it has its usual value.
  template <class T>
  Attribute(const char* name, T value, std::type_identity_t<T> usual)
      : Attribute(value == usual ? nullptr : name, value) {}

  /// False where the value is the usual one.
  [[nodiscard]] bool is_shown() const { return name_ != nullptr; }
  /// As it was given.
  [[nodiscard]] std::string_view name() const { return name_; }
  /// Its numbers: a choice as that of its enumerator, a yes as 1; none of a word.
  [[nodiscard]] std::vector<double> numbers() const { return look_->numbers(bytes_.data()); }
  /// `stride=2,1`
  friend std::ostream& operator<<(std::ostream& out, const Attribute& attribute) {
    out << attribute.name_ << '=';
    attribute.look_->print(out, attribute.bytes_.data());
    return out;
  }

 private:
  struct Look {
    void (*print)(std::ostream& out, const std::byte* bytes);
    std::vector<double> (*numbers)(const std::byte* bytes);
  };

  template <class T>
  static std::vector<double> numbers(const std::byte* bytes) {
    const T& value = *std::launder(reinterpret_cast<const T*>(bytes));
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      return {static_cast<double>(value)};
    } else if constexpr (requires { value.h, value.w; }) {
      return {static_cast<double>(value.h), static_cast<double>(value.w)};
    } else if constexpr (std::is_same_v<T, Dims>) {
      return {value.begin(), value.end()};
    } else {
      return {};
    }
  }

  template <class T>
  static void print(std::ostream& out, const std::byte* bytes) {
    const T& value = *std::launder(reinterpret_cast<const T*>(bytes));
    if constexpr (std::is_same_v<T, bool>) {
      out << (value ? "true" : "false");
    } else if constexpr (requires { value.h, value.w; }) {
      out << value.h << ',' << value.w;
    } else if constexpr (std::is_same_v<T, Dims>) {
      for (int i = 0; i < value.rank(); ++i) out << (i == 0 ? "" : ",") << value[i];
    } else {
      out << value;
    }
  }

  template <class T>
  static constexpr Look look{print<T>, numbers<T>};

  const char* name_;
  const Look* look_;
  alignas(Dims) std::array<std::byte, sizeof(Dims)> bytes_{};
};

/// An op's attributes, by reference: `{{"axis", axis}, {"keepdim", keepdim, false}}`.
class AttributeList {
 public:
  AttributeList() = default;
  /// `{{"axis", axis}}`; the list must live as long as this.
  AttributeList(std::initializer_list<Attribute> list) : list_(list.begin(), list.size()) {}
  template <std::size_t n>
  AttributeList(const std::array<Attribute, n>& list)  // NOLINT(google-explicit-constructor): as std::span
      : list_(list) {}

  /// For a range-for:
  [[nodiscard]] auto begin() const { return list_.begin(); }
  [[nodiscard]] auto end() const { return list_.end(); }

 private:
  std::span<const Attribute> list_;
};

}  // namespace reel
