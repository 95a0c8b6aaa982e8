// SPDX-License-Identifier: Apache-2.0
//
// Tokens of people and programs, and who acts. A token's secret is shown once, when it is made;
// only its SHA-256 is kept. Without any token the local user is admin. With tokens the local user
// still is (who owns the files can do anything anyway), but can be told from others.
//
// kForbidden: a token that is unknown, revoked or expired; kConflict: a name that is taken.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result/result.h"
#include "control/store/store.h"
#include "core/approval/approval.h"
#include "core/model/model.h"

namespace aiop::access {

inline constexpr std::string_view kSecretPrefix = "aiop_";

// The token as stored, and its secret.
Result<std::pair<model::Token, std::string>> Add(store::Ledger& ledger, const std::string& name,
                                                 model::Role role,
                                                 const std::vector<std::string>& teams,
                                                 std::optional<Timestamp> expires);
Result<model::Token> Revoke(store::Ledger& ledger, const std::string& name);

// Whether tokens exist, so that people can be told apart.
Result<bool> IsGoverned(const store::Ledger& ledger);

// The holder of this secret; without a secret the local user.
Result<approval::Actor> WhoActs(const store::Ledger& ledger, const std::string& secret,
                                const std::string& local_user, Timestamp now);

}  // namespace aiop::access
