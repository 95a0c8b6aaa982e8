// SPDX-License-Identifier: Apache-2.0
//
// Private: cuts parts out of a text.
#pragma once

#include "core/twin/tree.h"

namespace aiop::twin {

struct Spliced {
  std::string text;
  Cuts cuts;  // what was cut: at least what was asked for, or what had to be cut instead
};

// kInvalid if nothing can be cut. A YAML twin is read again and compared part by part with the
// original; where it would mean something else (a cut anchor that is used elsewhere, a layout that
// was misjudged), the part around is cut instead.
Result<Spliced> Splice(const Tree& tree, std::vector<uint32_t> parts);

}  // namespace aiop::twin
