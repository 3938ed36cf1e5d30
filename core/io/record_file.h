#pragma once

#include <fstream>
#include <string>
#include <string_view>

namespace reel::io {

/// A file that grows by records, such as lines: each is with the operating system when append() returns, so that what a
/// crash leaves behind is whole but for the record that it came in the middle of.
class RecordFile {
 public:
  /// What becomes of a file that is there: the first record takes its place, or comes behind its last whole line.
  enum class Old { replace, keep };

  /// Finds out whether the file can be written, and leaves an old one as it is. Throws IoError where it can't.
  explicit RecordFile(std::string path, Old old = Old::replace);
  /// Appends. Throws IoError with the system's reason.
  void append(std::string_view record);

 private:
  void open();
  void write(std::string_view record);

  std::string path_;
  Old old_;
  std::ofstream file_;  // open from the first record on
};

}  // namespace reel::io
