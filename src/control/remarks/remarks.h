// SPDX-License-Identifier: Apache-2.0
//
// What is said about records afterwards: corrections of decisions, merges of incidents, breaches of
// objectives. Each remark is an event with the id "KIND/ABOUT/NUMBER", so the record that it is
// about stays as it was made, and the same remark is stored once.
//
// Corrections form a chain of their own beside that of the decisions: each holds the hash of the
// decision it is about and the hash of the correction before it, of whichever decision.
//
// Thread-safe, except that one correction is made at a time (by the owner of the home).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result/result.h"
#include "control/store/store.h"
#include "core/model/model.h"

namespace aiop::remarks {

std::string RemarkId(std::string_view kind, const std::string& about, size_t number);
// The remarks numbered from 1 on, oldest first.
Result<std::vector<model::StoredEvent>> RemarksOn(const store::Ledger& ledger,
                                                  std::string_view kind, const std::string& about);
// An event of severity info that is not stored yet.
model::StoredEvent MakeRemark(std::string id, const std::string& plant, model::Scope scope,
                              json::Object payload);

// ---- Corrections ----

struct Correction {
  model::Category category = model::Category::kAppSpec;
  std::string because;
  std::string by;
};
// Stores a correction and says so in the decision's outcome, in one commit. The decision's own
// category confirms it. kNotFound without such a decision.
Result<model::DecisionRecord> Correct(store::Ledger& ledger, const std::string& decision,
                                      const Correction& correction);
// Oldest first; the last one counts.
Result<std::vector<model::StoredEvent>> CorrectionsOf(const store::Ledger& ledger,
                                                      const std::string& decision);
// The category that a correction gives; nothing if it is none that we know.
std::optional<model::Category> CategoryIn(const model::StoredEvent& correction);
// Of all decisions, in the order they were made.
Result<std::vector<model::StoredEvent>> AllCorrections(const store::Ledger& ledger);
// Whether all corrections are as they were made, and none is missing that another one, or its
// decision, tells of; kInvalid naming the first that is not.
Status VerifyCorrections(const store::Ledger& ledger);

}  // namespace aiop::remarks
