#include <cerrno>
#include <filesystem>
#include <reel/core/error.h>
#include <reel/core/io/file.h>
#include <reel/core/io/record_file.h>
#include <system_error>

namespace reel::io {
namespace {

/// A terminal, a pipe and the like, which are there already and hold nothing that could be lost.
bool is_device(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::is_other(std::filesystem::status(path, ignored));
}

std::string reason() { return errno != 0 ? std::generic_category().message(errno) : "the disk refused"; }

}  // namespace

RecordFile::RecordFile(std::string path) : path_(std::move(path)) {
  if (!is_device(path_)) const AtomicFile probe(path_);
}

void RecordFile::open() {
  errno = 0;
  file_.open(path_, std::ios::app | std::ios::binary);
  require<IoError>(file_.good(), path_, "can't be opened: ", reason());
}

void RecordFile::write(std::string_view record) {
  errno = 0;
  file_ << record << std::flush;
  require<IoError>(file_.good(), path_, "can't be written: ", reason());
}

void RecordFile::append(std::string_view record) {
  if (file_.is_open()) {
    write(record);
  } else if (is_device(path_)) {
    open();
    write(record);
  } else {
    AtomicFile first(path_);  // a full disk leaves the old file
    first.write(record);
    first.commit();
    open();
  }
}

}  // namespace reel::io
