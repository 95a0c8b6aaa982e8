// SPDX-License-Identifier: Apache-2.0
#include "control/access/access.h"

#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"

namespace aiop::access {
namespace {

constexpr size_t kTokenLimit = 100'000;

}  // namespace

Result<std::pair<model::Token, std::string>> Add(store::Ledger& ledger, const std::string& name,
                                                 model::Role role,
                                                 const std::vector<std::string>& teams,
                                                 std::optional<Timestamp> expires) {
  if (!describe::IsName(name)) {
    return Invalid("'" + name + "' is no name for a token: it must be " +
                   std::string(describe::kNameRule.expectation));
  }
  AIOP_TRY(const auto known, ledger.Find<model::Token>(name));
  if (known && !known->revoked) {
    return Fail(Code::kConflict, "there is a token of '" + name + "' already: revoke it first");
  }
  const std::string secret = std::string(kSecretPrefix) + NewSecret();
  model::Token token;
  token.name = name;
  token.hash = HashBytes(secret);
  token.role = role;
  token.teams = teams;
  token.expires = expires;
  token.created = Now();
  AIOP_CHECK_OK(ledger.Put(token));
  return std::pair(std::move(token), secret);
}

Result<model::Token> Revoke(store::Ledger& ledger, const std::string& name) {
  AIOP_TRY(model::Token token, ledger.Get<model::Token>(name));
  if (!token.revoked) {
    token.revoked = Now();
    AIOP_CHECK_OK(ledger.Put(token));
  }
  return token;
}

Result<bool> IsGoverned(const store::Ledger& ledger) {
  AIOP_TRY(const auto tokens, ledger.List<model::Token>({.limit = kTokenLimit}));
  return std::ranges::any_of(tokens,
                             [](const model::Token& each) { return !each.revoked.has_value(); });
}

Result<approval::Actor> WhoActs(const store::Ledger& ledger, const std::string& secret,
                                const std::string& local_user, Timestamp now) {
  AIOP_TRY(const auto tokens, ledger.List<model::Token>({.limit = kTokenLimit}));
  approval::Actor actor;
  AIOP_TRY(actor.governed, IsGoverned(ledger));
  if (secret.empty()) {
    actor.name = local_user;
    actor.nameless = actor.governed;
    return actor;
  }
  const std::string hash = HashBytes(secret);
  const auto found = std::ranges::find(tokens, hash, &model::Token::hash);
  if (found == tokens.end()) return Forbidden("the token is not known here");
  if (found->revoked) return Forbidden("the token of " + found->name + " was revoked");
  if (found->expires && now > *found->expires) {
    return Forbidden("the token of " + found->name + " was good until " +
                     FormatTimestamp(*found->expires));
  }
  actor.name = found->name;
  actor.role = found->role;
  actor.teams = found->teams;
  return actor;
}

}  // namespace aiop::access
