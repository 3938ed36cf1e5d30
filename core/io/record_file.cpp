#include <algorithm>
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

/// Cuts off what follows the last line end: the record that a crash came in the middle of.
void drop_broken_line(const std::string& path) {
  const Bytes content = read_file(path);
  const auto end = std::find(content.rbegin(), content.rend(), std::byte{'\n'});
  std::error_code failed;
  if (end != content.rbegin())
    std::filesystem::resize_file(path, static_cast<std::uintmax_t>(content.rend() - end), failed);
  require<IoError>(!failed, path, "can't be written: ", failed.message());
}

}  // namespace

RecordFile::RecordFile(std::string path, Old old) : path_(std::move(path)), old_(old) {
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
  } else if (is_device(path_) || (old_ == Old::keep && std::filesystem::exists(path_))) {
    if (!is_device(path_)) drop_broken_line(path_);
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
