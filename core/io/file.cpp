#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <reel/core/error.h>
#include <reel/core/io/file.h>
#include <system_error>
#include <tuple>

namespace reel::io {
namespace {

// Throws with the system's reason for the call that has just failed.
template <class... Parts>
[[noreturn]] void fail_with_errno(std::string_view path, const Parts&... parts) {
  const int code = errno;  // building the message may change it
  throw IoError(path, parts..., ": ", std::generic_category().message(code));
}

// Owns a file descriptor for reading.
struct Descriptor {
  explicit Descriptor(int number) : fd(number) {}
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd;
};

int open_to_read(std::string_view path) {
  // O_NONBLOCK: a FIFO without a writer must be refused, not waited for.
  const std::string name(path);
  const int fd = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) fail_with_errno(path, "can't be opened");
  return fd;
}

// The size of a regular file; throws for anything else.
std::size_t regular_size(int fd, std::string_view path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) fail_with_errno(path, "can't be examined");
  require<IoError>(!S_ISDIR(info.st_mode), path, "can't be read: is a directory");
  require<IoError>(S_ISREG(info.st_mode), path, "can't be read: not a regular file");
  return static_cast<std::size_t>(info.st_size);
}

// read() may return less than asked for, and be interrupted by signals. Returns the bytes read up to the end of the
// file.
std::size_t read_up_to(int fd, std::span<std::byte> out, std::string_view path) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = ::read(fd, out.data() + done, out.size() - done);
    if (got == 0) break;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail_with_errno(path, "can't be read at byte ", done);
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::string resolved(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_symlink(path, ignored)) return path;
  const auto target = std::filesystem::canonical(path, ignored);
  return target.empty() ? path : target.string();
}

// The mode that the target has, or that a new file gets; throws where the target is no regular file.
mode_t target_mode(const std::string& target, std::string_view path, bool& exists) {
  struct stat info {};
  exists = ::stat(target.c_str(), &info) == 0;
  if (!exists) return 0666;
  require<IoError>(!S_ISDIR(info.st_mode), path, "can't be written: is a directory");
  require<IoError>(S_ISREG(info.st_mode), path, "can't be written: not a regular file");
  return info.st_mode & 07777;
}

}  // namespace

Bytes read_file(std::string_view path, std::size_t max_bytes) {
  const Descriptor file(open_to_read(path));
  const std::size_t size = regular_size(file.fd, path);
  require<IoError>(size <= max_bytes, path, "holds ", size, " bytes, at most ", max_bytes, " are allowed");
  Bytes content(size);
  content.resize(read_up_to(file.fd, content, path));
  return content;
}

MappedFile::MappedFile(std::string_view path) {
  const Descriptor file(open_to_read(path));
  const std::size_t size = regular_size(file.fd, path);
  if (size == 0) return;  // which can't be mapped
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.fd, 0);
  if (memory == MAP_FAILED) fail_with_errno(path, "can't be mapped");
  bytes_ = {static_cast<std::byte*>(memory), size};
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(bytes_.data(), bytes_.size());
}

FileContent::FileContent(std::string_view path, const LoadOptions& options) {
  if (options.memory_map) {
    mapped = std::make_shared<MappedFile>(path);
    bytes = mapped->bytes();
  } else {
    read = read_file(path);
    bytes = read;
  }
}

AtomicFile::AtomicFile(std::string_view path) : path_(path), target_(resolved(path_)) {
  bool exists = false;
  const mode_t mode = target_mode(target_, path_, exists);
  // O_EXCL: never write into a file that somebody else made, such as another thread, or a process that was killed.
  for (int attempt = 0; descriptor_ < 0 && (attempt == 0 || errno == EEXIST); ++attempt) {
    temporary_ = concat(target_, ".tmp.", ::getpid(), ".", attempt);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  }
  if (descriptor_ < 0) {
    temporary_.clear();
    fail_with_errno(path_, "can't be written");
  }
  if (exists) std::ignore = ::fchmod(descriptor_, mode);  // the umask must not narrow what the target had
}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  require<IoError>(descriptor_ >= 0, path_, "is committed already, nothing more can be written");
  while (!bytes.empty()) {
    const ssize_t put = ::write(descriptor_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail_with_errno(path_, "can't be written at byte ", size_);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    size_ += static_cast<std::uint64_t>(put);
  }
}

void AtomicFile::commit() {
  require<IoError>(descriptor_ >= 0, path_, "is committed already");
  if (::fsync(descriptor_) != 0) fail_with_errno(path_, "can't be brought to the disk");
  // close() reports what a network file system could not store; the descriptor is gone either way.
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  if (closed != 0) fail_with_errno(path_, "can't be closed");
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail_with_errno(path_, "can't be put in place");
  temporary_.clear();
  sync_folder();
}

// Without it a power cut could undo the rename. Not every file system lets folders be opened or synced, and the file is
// whole in any case, so only a real failure of the disk counts.
void AtomicFile::sync_folder() const {
  const auto parent = std::filesystem::path(target_).parent_path();
  const Descriptor folder(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd >= 0 && ::fsync(folder.fd) != 0 && errno == EIO) fail_with_errno(path_, "can't be brought to the disk");
}

void write_file(std::string_view path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

}  // namespace reel::io
