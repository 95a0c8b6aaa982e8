// SPDX-License-Identifier: Apache-2.0
#include "base/hash/hash.h"

#include <openssl/evp.h>

#include "base/result/result.h"

namespace aiop {

struct Hasher::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Hasher::Hasher() : context_(std::make_unique<Context>()) {
  AIOP_CHECK(EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) == 1);
}

Hasher::~Hasher() = default;

void Hasher::Add(std::string_view bytes) {
  AIOP_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

void Hasher::AddField(std::string_view bytes) {
  Add(std::to_string(bytes.size()));
  Add(":");
  Add(bytes);
}

std::string Hasher::Finish() {
  std::array<unsigned char, 32> digest{};
  AIOP_CHECK(EVP_DigestFinal_ex(context_->evp, digest.data(), nullptr) == 1);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  text.reserve(digest.size() * 2);
  for (const unsigned char byte : digest) {
    text += kHex[byte >> 4];
    text += kHex[byte & 15];
  }
  return text;
}

std::string HashBytes(std::string_view bytes) {
  Hasher hasher;
  hasher.Add(bytes);
  return hasher.Finish();
}

}  // namespace aiop
