// SPDX-License-Identifier: Apache-2.0
// The masking of the algorithm "fp1", as it was: incidents made with it must be found again, so
// nothing in it may change. Private to the module.
#pragma once

#include <string>
#include <string_view>

namespace aiop::fingerprint {

// Appends the masked form of `line`, blanks collapsed. "<*>" stands for numbers, ids, times and
// quoted names, "<path>" (with the file's extension), "<url>" and "<ref>" (a JSON pointer) for
// places.
void AppendMaskedFirst(std::string_view line, std::string& out);

}  // namespace aiop::fingerprint
