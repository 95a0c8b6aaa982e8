// SPDX-License-Identifier: Apache-2.0
//
// SHA-256, the one content hash of the product (OpenSSL's implementation).
// Thread-safe: Hasher is single-owner, HashBytes has no state.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace aiop {

// 64 lower-case hex digits.
std::string HashBytes(std::string_view bytes);

// The first 12 hex digits: what people see in `name@1.2.3+HASH`.
inline std::string_view ShortHash(std::string_view hash) { return hash.substr(0, 12); }

// Hashes what comes in pieces.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void Add(std::string_view bytes);
  // Adds the length first, so that ("ab","c") and ("a","bc") differ.
  void AddField(std::string_view bytes);
  // The hash of all that was added; the hasher may not be used again.
  std::string Finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace aiop
