#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iomanip>
#include <reel/training/progress.h>
#include <sstream>

namespace reel::training {
namespace {

int terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

ProgressBar::ProgressBar(std::string title, std::int64_t total, std::string unit)
    : title_(std::move(title)),
      unit_(std::move(unit)),
      total_(static_cast<double>(total)),
      on_terminal_(isatty(STDOUT_FILENO) != 0) {}

std::string ProgressBar::line(std::int64_t done, std::string_view message, double seconds, int width) const {
  const auto count = static_cast<double>(done);
  const double rate = count / std::max(seconds, 1e-9);
  std::ostringstream text;
  if (!message.empty()) text << ' ' << message << ' ';
  text << std::fixed << std::setprecision(0) << ' ' << std::setw(6) << rate << ' ' << unit_ << "/s  " << std::setw(4)
       << std::max(0.0, total_ - count) / std::max(rate, 1e-9) << " s left";
  std::string bar;
  const int room = width - static_cast<int>(text.str().size() + title_.size()) - 3;
  if (room >= 5) {
    const int cells = std::min(room, 40);
    const double share = total_ > 0 ? std::clamp(count / total_, 0.0, 1.0) : 1.0;
    const auto filled = static_cast<int>(share * cells);
    bar = " [" + std::string(static_cast<std::size_t>(filled), '#') +
          std::string(static_cast<std::size_t>(cells - filled), '.') + "]";
  }
  // What wraps could not be drawn over.
  return (title_ + bar + text.str()).substr(0, static_cast<std::size_t>(std::max(0, width)));
}

void ProgressBar::update(std::int64_t done, std::string_view message) {
  const double now = watch_.seconds();
  if (!on_terminal_ || (drawn_ >= 0 && now - drawn_ < 0.1)) return;
  drawn_ = now;
  const int width = terminal_width() - 1;  // a full line would wrap on some terminals
  std::printf("\r\033[K%s", line(done, message, now, width).c_str());
  std::fflush(stdout);
}

void ProgressBar::clear() const {
  if (drawn_ < 0) return;
  std::printf("\r\033[K");
  std::fflush(stdout);
}

}  // namespace reel::training
