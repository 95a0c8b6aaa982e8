// SPDX-License-Identifier: Apache-2.0
//
// New ids: UUIDv7 (RFC 9562), sortable by the time they were made. The only source of randomness in
// the product. Thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace aiop {

// "0199f2c4-7d5e-7abc-8def-0123456789ab". Two calls of one process never return the same or an
// earlier id.
std::string NewId();

// 64 hexadecimal digits that nobody can guess.
std::string NewSecret();

// Whether `text` has the form of a UUID of any version.
bool IsUuid(std::string_view text);

// A UUID made of a content hash (version 8): the same hash, the same id. For ids that must not
// change when the work that makes them is repeated after a crash.
std::string IdFromHash(std::string_view sha256_hex);

}  // namespace aiop
