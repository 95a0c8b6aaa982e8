// SPDX-License-Identifier: Apache-2.0
//
// Deliveries of webhooks: whether one comes from who knows the secret, and what it is about. Pure:
// the time is handed in, and whether a delivery was seen before is the caller's to remember (for
// longer than kFreshFor). Thread-safe: no state.
//
//   github   X-Hub-Signature-256: sha256=HEX, X-GitHub-Delivery, X-GitHub-Event
//   gitea    X-Gitea-Signature: HEX, X-Gitea-Delivery, X-Gitea-Event
//   gitlab   X-Gitlab-Token: SECRET, X-Gitlab-Event-UUID, X-Gitlab-Event
//   generic  X-Signature: t=SECONDS,v1=HEX over "SECONDS.BODY"; the delivery is named by its
//            signature
//
// Errors: kInvalid a body too large or an empty secret; kForbidden everything that fails to prove
// where it comes from.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result/result.h"
#include "base/time/time.h"

namespace aiop::hooks {

inline constexpr size_t kBodyLimitBytes = size_t{25} << 20;  // what GitHub caps its payloads at
inline constexpr size_t kHeaderLimitBytes = 1024;            // of one value that is looked at
inline constexpr Milliseconds kFreshFor{5LL * 60 * 1000};    // before and after the present

enum class Kind { kGithub, kGitea, kGitlab, kGeneric };

// Names in any case.
using Headers = std::span<const std::pair<std::string, std::string>>;

struct Delivery {
  std::string id;     // unique for each delivery of a sender
  std::string event;  // "push", "pull_request"; empty if the sender does not say
};

Result<Delivery> Verify(Kind kind, std::string_view secret, Headers headers, std::string_view body,
                        Timestamp now);

}  // namespace aiop::hooks
