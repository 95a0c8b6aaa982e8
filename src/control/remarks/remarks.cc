// SPDX-License-Identifier: Apache-2.0
#include "control/remarks/remarks.h"

#include <algorithm>

#include "base/hash/hash.h"
#include "core/redact/redact.h"

namespace aiop::remarks {
namespace {

constexpr std::string_view kCorrection = "correction";
constexpr std::string_view kCorrected = "corrected: ";
constexpr std::string_view kBefore = "; before: ";

// Over everything that a correction says; its own hash excluded.
std::string HashOf(const json::Object& payload) {
  json::Object said = payload;
  said.erase("hash");
  return HashBytes(json::CanonicalText(said));
}

bool IsChained(const model::StoredEvent& correction) {
  return correction.envelope.payload.contains("hash");
}

std::string Member(const model::StoredEvent& event, std::string_view key) {
  return std::string(json::TextMember(event.envelope.payload, key));
}

// As a decision's outcome tells of it.
std::string Told(const model::StoredEvent& correction) {
  return std::string(kCorrected) + Member(correction, "as") + ", because " +
         Member(correction, "because");
}

// What a decision had come to when it was first corrected.
std::string OutcomeBefore(const std::string& outcome) {
  if (!outcome.starts_with(kCorrected)) return outcome;
  const size_t at = outcome.rfind(kBefore);
  return at == std::string::npos ? "" : outcome.substr(at + kBefore.size());
}

// Also those that a missing one would hide from who counts from 1.
Result<std::vector<model::StoredEvent>> EveryCorrection(const store::Ledger& ledger) {
  store::Query query{.containing = std::string(kCorrection) + "/"};
  AIOP_TRY(const auto rows,
           ledger.database().ListRows(store::Kind<model::StoredEvent>::name, query));
  std::vector<model::StoredEvent> all;
  for (const store::Row& row : rows) {
    auto event = describe::FromText<model::StoredEvent>(row.body, describe::Unknown::kIgnore);
    if (!event) return Invalid("a correction cannot be read: " + event.error().message);
    if (event->envelope.id.starts_with(std::string(kCorrection) + "/"))
      all.push_back(*std::move(event));
  }
  return all;
}

}  // namespace

std::string RemarkId(std::string_view kind, const std::string& about, size_t number) {
  return std::string(kind) + "/" + about + "/" + std::to_string(number);
}

Result<std::vector<model::StoredEvent>> RemarksOn(const store::Ledger& ledger,
                                                  std::string_view kind, const std::string& about) {
  std::vector<model::StoredEvent> remarks;
  while (true) {
    AIOP_TRY(auto event,
             ledger.Find<model::StoredEvent>(RemarkId(kind, about, remarks.size() + 1)));
    if (!event) return remarks;
    remarks.push_back(*std::move(event));
  }
}

model::StoredEvent MakeRemark(std::string id, const std::string& plant, model::Scope scope,
                              json::Object payload) {
  model::StoredEvent event;
  event.envelope.id = std::move(id);
  event.envelope.timestamp = Now();
  event.envelope.scope = scope;
  event.envelope.signal_type = model::SignalType::kValidation;
  event.envelope.severity = model::Severity::kInfo;
  event.envelope.payload = std::move(payload);
  event.plant = plant;
  return event;
}

Result<model::DecisionRecord> Correct(store::Ledger& ledger, const std::string& id,
                                      const Correction& correction) {
  AIOP_TRY(auto decision, ledger.Get<model::DecisionRecord>(id));
  AIOP_TRY(const auto redactor, redact::Redactor::Create({}));
  AIOP_TRY(const auto earlier, RemarksOn(ledger, kCorrection, id));
  AIOP_TRY(const auto all, AllCorrections(ledger));
  const std::string word(describe::Name(correction.category));
  const std::string reason = redactor.Text(correction.because);
  const bool confirms = correction.category == decision.category;
  const auto scope = word.starts_with("APP") ? model::Scope::kApp : model::Scope::kMotor;
  json::Object payload{{"details", (confirms ? "confirmed by " : "corrected by ") + correction.by +
                                       ": it was " + word + ", because " + reason},
                       {"decision", id},
                       {"was", std::string(describe::Name(decision.category))},
                       {"as", word},
                       {"because", reason},
                       {"by", correction.by},
                       {"decision_hash", decision.hash},
                       {"previous_hash", all.empty() ? "" : Member(all.back(), "hash")}};
  payload["hash"] = HashOf(payload);
  const auto event = MakeRemark(RemarkId(kCorrection, id, earlier.size() + 1), decision.plant,
                                scope, std::move(payload));
  const std::string before = OutcomeBefore(decision.outcome);
  decision.outcome = Told(event) + (before.empty() ? "" : std::string(kBefore) + before);
  store::Ledger::Batch batch;
  batch.Put(event, store::Mode::kInsert).Put(decision);
  AIOP_CHECK_OK(ledger.Commit(std::move(batch)));
  return decision;
}

Result<std::vector<model::StoredEvent>> CorrectionsOf(const store::Ledger& ledger,
                                                      const std::string& decision) {
  return RemarksOn(ledger, kCorrection, decision);
}

std::optional<model::Category> CategoryIn(const model::StoredEvent& correction) {
  return describe::FromName<model::Category>(Member(correction, "as"));
}

Result<std::vector<model::StoredEvent>> AllCorrections(const store::Ledger& ledger) {
  AIOP_TRY(const auto decisions, ledger.List<model::DecisionRecord>());
  std::vector<model::StoredEvent> all;
  for (const auto& decision : decisions) {
    AIOP_TRY(auto corrections, CorrectionsOf(ledger, decision.decision_id));
    for (auto& each : corrections) all.push_back(std::move(each));
  }
  std::ranges::sort(all, {}, [](const model::StoredEvent& each) { return each.envelope.seq; });
  return all;
}

Status VerifyCorrections(const store::Ledger& ledger) {
  AIOP_TRY(const auto all, EveryCorrection(ledger));
  std::string previous;
  for (const auto& each : all) {
    const std::string name = "correction " + each.envelope.id;
    // From before corrections were chained: only at the beginning.
    if (!IsChained(each)) {
      if (!previous.empty()) return Invalid(name + " was changed after it was written");
      continue;
    }
    if (Member(each, "hash") != HashOf(each.envelope.payload)) {
      return Invalid(name + " was changed after it was written");
    }
    if (Member(each, "previous_hash") != previous) {
      return Invalid("the correction before " + name + " is missing");
    }
    previous = Member(each, "hash");
    AIOP_TRY(const auto decision, ledger.Find<model::DecisionRecord>(Member(each, "decision")));
    if (!decision || decision->hash != Member(each, "decision_hash")) {
      return Invalid(name + " is about another decision than the one that is there");
    }
  }
  AIOP_TRY(const auto decisions, ledger.List<model::DecisionRecord>());
  for (const auto& decision : decisions) {
    if (!decision.outcome.starts_with(kCorrected)) continue;
    AIOP_TRY(const auto corrections, CorrectionsOf(ledger, decision.decision_id));
    if (corrections.empty() || !decision.outcome.starts_with(Told(corrections.back()))) {
      return Invalid("the correction of decision " + decision.decision_id + " is missing");
    }
  }
  return {};
}

}  // namespace aiop::remarks
