#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <reel/core/error.h>
#include <reel/data/process.h>

extern char** environ;  // POSIX has no header for it

namespace reel::data {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const { return number_; }
  void close() {
    if (number_ >= 0) ::close(number_);
    number_ = -1;
  }

 private:
  int number_;
};

/// Where the new process reads and writes.
class Redirections {
 public:
  explicit Redirections(int errors) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
  }
  ~Redirections() { posix_spawn_file_actions_destroy(&actions_); }
  Redirections(const Redirections&) = delete;
  Redirections& operator=(const Redirections&) = delete;
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> piece{};
  for (;;) {
    const ssize_t count = read(descriptor, piece.data(), piece.size());
    if (count > 0) text.append(piece.data(), static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR)) return text;
  }
}

int wait_for(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::optional<ProcessResult> run_process(const std::string& program, const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  require<IoError>(pipe2(ends.data(), O_CLOEXEC) == 0, program, "can't make a pipe: ", std::strerror(errno));
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  const Redirections redirections(writing.number());
  std::vector<char*> argv = {const_cast<char*>(program.c_str())};  // exec doesn't write to them; C has no way to say so
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);

  pid_t process = 0;
  const int error = posix_spawnp(&process, program.c_str(), redirections.get(), nullptr, argv.data(), environ);
  if (error == ENOENT) return std::nullopt;
  require<IoError>(error == 0, program, "can't be started: ", std::strerror(error));
  writing.close();  // or reading would never come to an end
  ProcessResult result;
  result.errors = read_all(reading.number());
  result.exit_code = wait_for(process);
  return result;
}

}  // namespace reel::data
