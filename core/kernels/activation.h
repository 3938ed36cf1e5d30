#pragma once

namespace reel {

/// What a layer applies to its output while it is at hand, and so without another pass over it.
enum class Activation { none, relu };

}  // namespace reel
