// SPDX-License-Identifier: Apache-2.0
#include "control/hooks/hooks.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash/hash.h"

namespace aiop::hooks {
namespace {

char Lower(char each) { return each >= 'A' && each <= 'Z' ? static_cast<char>(each + 32) : each; }

bool SameName(std::string_view one, std::string_view two) {
  return std::ranges::equal(one, two, {}, Lower, Lower);
}

// A header that is given twice is refused: two readers might take different ones.
Result<std::string_view> Header(Headers headers, std::string_view name) {
  const std::string* found = nullptr;
  for (const auto& [each, value] : headers) {
    if (!SameName(each, name)) continue;
    if (found) return Forbidden("the header " + std::string(name) + " is given twice");
    found = &value;
  }
  if (!found || found->empty()) {
    return Forbidden("the header " + std::string(name) + " is missing");
  }
  if (found->size() > kHeaderLimitBytes) {
    return Forbidden("the header " + std::string(name) + " is too long");
  }
  return std::string_view(*found);
}

std::string HexOfHmac(std::string_view secret, std::string_view text) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  AIOP_CHECK(HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
                  reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(),
                  &size) != nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) hex += {kHex[byte >> 4], kHex[byte & 15]};
  return hex;
}

// In constant time, whatever the lengths: hashes are compared.
bool Same(std::string_view one, std::string_view two) {
  const std::string first = HashBytes(one);
  const std::string second = HashBytes(two);
  return CRYPTO_memcmp(first.data(), second.data(), first.size()) == 0;
}

std::unexpected<Error> WrongSignature() {
  return Forbidden(
      "the signature is wrong: the sender does not know the secret, or the body was "
      "altered on its way");
}

struct Names {
  std::string_view proof;
  std::string_view delivery;
  std::string_view event;
};

Names NamesOf(Kind kind) {
  switch (kind) {
    case Kind::kGithub:
      return {"X-Hub-Signature-256", "X-GitHub-Delivery", "X-GitHub-Event"};
    case Kind::kGitea:
      return {"X-Gitea-Signature", "X-Gitea-Delivery", "X-Gitea-Event"};
    case Kind::kGitlab:
      return {"X-Gitlab-Token", "X-Gitlab-Event-UUID", "X-Gitlab-Event"};
    case Kind::kGeneric:
      return {"X-Signature", "", ""};
  }
  return {};
}

// "t=SECONDS,v1=HEX", in this order, nothing else.
Result<Delivery> VerifyGeneric(std::string_view secret, std::string_view proof,
                               std::string_view body, Timestamp now) {
  const size_t comma = proof.find(',');
  if (!proof.starts_with("t=") || comma == std::string_view::npos ||
      !proof.substr(comma + 1).starts_with("v1=")) {
    return Forbidden("the header X-Signature must read t=SECONDS,v1=HEX");
  }
  const std::string_view seconds_text = proof.substr(2, comma - 2);
  const std::string_view signature = proof.substr(comma + 4);
  uint32_t seconds = 0;
  const char* end = seconds_text.data() + seconds_text.size();
  const auto read = std::from_chars(seconds_text.data(), end, seconds);
  if (read.ec != std::errc() || read.ptr != end) {
    return Forbidden("the header X-Signature must read t=SECONDS,v1=HEX");
  }
  std::string text(seconds_text);
  text.append(".").append(body);
  const std::string right = HexOfHmac(secret, text);
  if (!Same(right, signature)) return WrongSignature();
  const Milliseconds age = now - Timestamp{Milliseconds(int64_t{seconds} * 1000)};
  if (age > kFreshFor || age < -kFreshFor) {
    return Forbidden("the delivery is stale: it was signed " + FormatDuration(abs(age)) +
                     (age.count() < 0 ? " ahead of" : " before") + " the present; at most " +
                     FormatDuration(kFreshFor) + " are allowed");
  }
  return Delivery{.id = right, .event = ""};
}

}  // namespace

Result<Delivery> Verify(Kind kind, std::string_view secret, Headers headers, std::string_view body,
                        Timestamp now) {
  if (secret.empty()) return Invalid("the secret is empty: anybody could sign with it");
  if (body.size() > kBodyLimitBytes) {
    return Invalid("the body is larger than " + std::to_string(kBodyLimitBytes) + " bytes");
  }
  const Names names = NamesOf(kind);
  AIOP_TRY(std::string_view proof, Header(headers, names.proof));
  if (kind == Kind::kGeneric) return VerifyGeneric(secret, proof, body, now);
  AIOP_TRY(const std::string_view id, Header(headers, names.delivery));
  AIOP_TRY(const std::string_view event, Header(headers, names.event));
  if (kind == Kind::kGitlab) {
    if (!Same(proof, secret)) return Forbidden("the token in X-Gitlab-Token is wrong");
  } else {
    if (kind == Kind::kGithub) {
      constexpr std::string_view kPrefix = "sha256=";
      if (!proof.starts_with(kPrefix)) return WrongSignature();
      proof.remove_prefix(kPrefix.size());
    }
    if (!Same(HexOfHmac(secret, body), proof)) return WrongSignature();
  }
  return Delivery{std::string(id), std::string(event)};
}

}  // namespace aiop::hooks
