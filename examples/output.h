#pragma once

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <reel/core/error.h>

namespace examples {

/// At a program's end: throws reel::IoError where something of what it printed was not taken (a full disk, say).
inline void require_written() {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;  // std::cout goes through stdout, too
  reel::require<reel::IoError>(flushed && std::ferror(stdout) == 0, "standard output",
                               "can't be written: ", errno != 0 ? std::strerror(errno) : "not all of it was taken");
}

}  // namespace examples
