// SPDX-License-Identifier: Apache-2.0
//
// Webhooks that come in: which are known, and what a delivery brings about. A delivery is believed
// if it is signed with the secret of its hook (control/hooks), and taken once: that it was taken is
// stored together with the event that says so. Then the motor's source is read again, so that what
// waits there is seen by the next command that looks.
//
// Owns home/hooks/, one file per hook for its owner's eyes only: the secret in it is never shown.
// For the process that owns the home; not thread-safe.
// Errors: kForbidden a delivery that does not prove where it comes from, is stale, or was taken
// before; kUnavailable a source that cannot be read (the delivery is not taken: the sender may send
// it again); kInvalid, kNotFound as they say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "base/time/time.h"
#include "control/contexts/contexts.h"
#include "control/hooks/hooks.h"

namespace aiop::deliveries {

inline constexpr size_t kNameLimitBytes = 64;
inline constexpr size_t kSecretLimitBytes = 4096;
// So long a delivery that was taken is remembered. Longer than a signature with a time is good for;
// signatures without one are good as long as the secret is.
inline constexpr Milliseconds kRemembered{30LL * 24 * 3600 * 1000};
static_assert(kRemembered > hooks::kFreshFor);

struct Hook {
  std::string name;
  hooks::Kind kind = hooks::Kind::kGeneric;
  std::string plant;
  Timestamp created;
};
std::string_view NameOf(hooks::Kind kind);
Result<hooks::Kind> KindOf(std::string_view name);
json::Object ToJson(const Hook& hook);

// kInvalid if there is one of this name. A line end after the secret is no part of it.
Result<Hook> Add(contexts::Home& home, const std::string& name, hooks::Kind kind,
                 const std::string& plant, std::string_view secret);
Result<std::vector<Hook>> List(contexts::Home& home);
Result<Hook> Remove(contexts::Home& home, const std::string& name);

struct Taken {
  model::HookDelivery delivery;
  bool looked = false;  // the source was read again
};
Result<Taken> Receive(contexts::Home& home, const std::string& name, hooks::Headers headers,
                      std::string_view body, Timestamp now);

}  // namespace aiop::deliveries
