#include "progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <reel/core/error.h>

namespace mnist {

namespace {

int terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

Progress::Progress(std::int64_t epoch, std::int64_t epochs, std::int64_t images)
    : title_(reel::concat("epoch ", epoch, '/', epochs)),
      total_(static_cast<double>(images)),
      on_terminal_(isatty(STDOUT_FILENO) != 0) {}

Progress::~Progress() { clear(); }

void Progress::update(const Running& running) {
  const double now = watch_.seconds();
  if (!on_terminal_ || (drawn_ >= 0 && now - drawn_ < 0.1)) return;
  drawn_ = now;
  const double share = running.images / total_;
  const double rate = running.images / std::max(now, 1e-9);
  char text[160];
  const int length = std::snprintf(text, sizeof text, " loss %.3f  accuracy %4.1f %%  %6.0f images/s  %4.0f s left",
                                   running.mean_loss(), 100 * running.accuracy(), rate,
                                   (total_ - running.images) / std::max(rate, 1e-9));
  const int width = terminal_width() - 1;  // a full line would wrap on some terminals
  const int room = width - length - static_cast<int>(title_.size()) - 3;
  std::string bar;
  if (room >= 5) {
    const auto cells = static_cast<std::size_t>(std::min(room, 40));
    const auto filled = static_cast<std::size_t>(share * static_cast<double>(cells));
    bar = " [" + std::string(filled, '#') + std::string(cells - std::min(filled, cells), '.') + "]";
  }
  std::printf("\r\033[K%.*s", width, (title_ + bar + text).c_str());  // what wraps could not be drawn over
  std::fflush(stdout);
}

void Progress::clear() const {
  if (drawn_ < 0) return;
  std::printf("\r\033[K");
  std::fflush(stdout);
}

}  // namespace mnist
