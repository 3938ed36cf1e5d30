#pragma once

#include <string_view>

namespace reel::detail {

/// autograd/page/tape.html and its parts; @TAPE@ in it stands for the tape as JSON.
extern const std::string_view tape_page;

}  // namespace reel::detail
