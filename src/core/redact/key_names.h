// SPDX-License-Identifier: Apache-2.0
//
// Private: which key names hold secrets.
#pragma once

#include <string_view>

namespace aiop::redact {

enum class Sensitivity {
  kNone,
  kText,       // a text value is a secret, a number is not (`token`)
  kScalar,     // a text or a number is a secret (`password`)
  kContainer,  // so are the scalars of an object under it (`credentials`)
};

// "apiKey", "API_KEY", "x-api-key" and "apikey" are the same name.
Sensitivity SensitivityOf(std::string_view key);

}  // namespace aiop::redact
