#pragma once

#include <cstddef>
#include <vector>

namespace reel {

/// Notes the memory of every Tensor that its thread copies while it is there. A copy of a function is a copy of what it
/// captured: so a tape learns what its backwards hold on to. Watches nest; the innermost one notes.
class CopyWatch {
 public:
  /// What a copied tensor holds on to.
  struct Memory {
    const void* storage;  ///< the same for all views of it
    std::size_t bytes;    ///< of the view that was copied
  };

  /// Begins to watch this thread.
  CopyWatch() : outer_(current_) { current_ = this; }
  ~CopyWatch() { current_ = outer_; }
  CopyWatch(const CopyWatch&) = delete;
  CopyWatch& operator=(const CopyWatch&) = delete;

  /// What was copied, as often as it was.
  [[nodiscard]] const std::vector<Memory>& seen() const { return seen_; }

  /// This thread's innermost watch, or null.
  [[nodiscard]] static CopyWatch* current() { return current_; }
  /// For Tensor.
  void note(const Memory& memory) { seen_.push_back(memory); }

 private:
  std::vector<Memory> seen_;
  CopyWatch* outer_;
  static inline thread_local constinit CopyWatch* current_ = nullptr;
};

}  // namespace reel
