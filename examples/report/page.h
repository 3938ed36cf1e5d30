#pragma once

#include <string>
#include <vector>

#include "log.h"
#include "nets.h"

namespace report {

/// Writes a page for a browser, which needs no network, with the curves of runs and pictures of nets. Throws
/// reel::IoError.
void write_page(const std::string& path, const std::vector<Run>& runs, const std::vector<Net>& nets);

}  // namespace report
