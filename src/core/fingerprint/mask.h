// SPDX-License-Identifier: Apache-2.0
// One line with everything volatile in it masked. Private to the module.
#pragma once

#include <string>
#include <string_view>

namespace aiop::fingerprint {

// What is left of a line. Both take numbers, ids, times, places, names and values away.
enum class Keep {
  // The statement that printed it: every value goes.
  kEvent,
  // Why something failed: of the values those stay that tell causes apart: error codes, the number
  // of an exit, a signal or a status, the kind of a file, which dependency is missing.
  kCause,
};

// Appends the masked form of `line`, blanks collapsed. "<*>" stands for a value. With kCause,
// "<path>" (with the file's extension), "<url>" and "<ref>" (a JSON pointer) stand for places.
void AppendMasked(std::string_view line, Keep keep, std::string& out);

}  // namespace aiop::fingerprint
