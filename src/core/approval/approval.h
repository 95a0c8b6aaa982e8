// SPDX-License-Identifier: Apache-2.0
//
// Who may say yes to a change, and what a yes is worth. An approval is one person's word on one
// diff against one base: if either moves it is void. Nobody approves their own change once there
// are tokens to tell people apart.
//
// Pure; thread-safe. kForbidden: a rule is against it; kInvalid: what was filled in is wrong.
#pragma once

#include <string>
#include <vector>

#include "base/result/result.h"
#include "core/model/model.h"

namespace aiop::approval {

// Who acts, as a token or the machine says.
struct Actor {
  std::string name;
  model::Role role = model::Role::kAdmin;
  std::vector<std::string> teams;  // none: all
  bool governed = false;           // tokens exist, so people can be told apart
  bool nameless = false;           // and none was shown: who it is cannot be told
};

// Whether somebody may do what at least `least` may do, on a plant of this team. `what` completes
// "may not ...".
Status MayAct(const Actor& actor, model::Role least, const std::string& team,
              const std::string& what);

// ---- Approving ----

// What an approver says, and how things stand when it is said.
struct Word {
  json::Object form;        // as filled in
  std::string seen_diff;    // hash of the diff that was looked at; empty: whichever it is
  std::string diff_hash;    // of the change as it is now
  std::string base_commit;  // that the motor is on now
  Timestamp now;
};

// Whether this word may be taken now. The team is that of the change's plant.
Status MayApprove(const model::Change& change, const Actor& actor, const Word& word,
                  model::Role least, const std::string& team);

// How many approvals by different people a change still needs: those count that are of its diff and
// base as they are.
int64_t Missing(const model::Change& change);

bool HasExpired(const model::Change& change, Timestamp now);

// Whether what was filled in is what the form asks for: every field, none besides, each of its type
// ("text", "number", "yes_no" or one of a list of words). kInvalid naming the field.
Status CheckForm(const json::Object& form, const json::Object& filled);

// "risk=low": a field of a form, typed as the form says.
Status FillIn(const json::Object& form, std::string_view text, json::Object& filled);

// What it takes: the stricter of the rules of both versions; `otherwise` is how long a change waits
// if neither says.
model::ApprovalWait WaitFor(const model::ApprovalRule& base, const model::ApprovalRule& candidate,
                            Milliseconds otherwise, Timestamp now);

}  // namespace aiop::approval
