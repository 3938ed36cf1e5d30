#pragma once

#include <functional>
#include <string>

#include "eye.h"

namespace demo {

/// Serves the page and the eye's answers on 127.0.0.1, and on nothing else, until Ctrl-C or SIGTERM. A port of 0 is any
/// free one. Calls `announce` with the page's address once it can be opened. Throws reel::IoError where the port can't
/// be had.
///
///     GET  /         the page
///     POST /look     a drawing -> Eye::look
///     POST /pull?label=4
///
/// Anything else is refused: 400 for what is no drawing, 403 for a request that was sent to another host's name or from
/// another site's page, 404, 405, and 413 for more than 64 KiB.
void serve(Eye& eye, int port, const std::function<void(const std::string& address)>& announce);

}  // namespace demo
