// SPDX-License-Identifier: Apache-2.0
#include "control/arbitration/history.h"

#include <algorithm>
#include <array>

namespace aiop::arbitration {
namespace {

// Rows read at once.
constexpr size_t kPage = 4096;

template <class T>
Result<T> Parse(const std::string& body) {
  auto record = describe::FromText<T>(body, describe::Unknown::kIgnore);
  if (!record)
    return Unavailable("the store is damaged: a stored " + std::string(store::Kind<T>::word) +
                       " cannot be read: " + record.error().message);
  return record;
}

// Most events carry no figure; they are not worth reading.
constexpr std::array kFigureSignals = {model::SignalType::kQualityScore,
                                       model::SignalType::kCoverage};
std::string Marked(model::SignalType signal) {
  return "\"" + std::string(describe::Name(signal)) + "\"";
}

template <class T, class Take>
Status ReadAll(const store::Ledger& ledger, Take take, const std::string& containing = "") {
  store::Query query{.limit = kPage, .containing = containing};
  for (;;) {
    AIOP_TRY(const auto rows, ledger.database().ListRows(store::Kind<T>::name, query));
    for (const store::Row& row : rows) {
      AIOP_TRY(const T record, Parse<T>(row.body));
      take(record, row.sequence);
    }
    if (rows.size() < kPage) return {};
    query.after = rows.back().sequence;
  }
}

}  // namespace

History::~History() {
  if (listener_) ledger_.database().StopListening(*listener_);
}

// Runs that succeeded went past every checkpoint: those of the others suffice.
Status History::Read(evidence::Index& index) const {
  std::vector<std::string> unfinished;
  AIOP_CHECK_OK(ReadAll<model::Incident>(
      ledger_, [&](const model::Incident& incident, int64_t) { index.Put(incident); }));
  AIOP_CHECK_OK(ReadAll<model::Run>(ledger_, [&](const model::Run& run, int64_t) {
    index.Put(run, 0);
    if (run.state != model::RunState::kSuccess && !run.checkpoint.empty())
      unfinished.push_back(run.id);
  }));
  AIOP_CHECK_OK(ReadAll<model::Occurrence>(
      ledger_, [&](const model::Occurrence& occurrence, int64_t sequence) {
        index.Put(occurrence, sequence, 0);
      }));
  for (const std::string& run : unfinished) {
    AIOP_TRY(const auto checkpoints,
             ledger_.ListBy<model::Checkpoint>(store::Kind<model::Checkpoint>::Field::kRun, run));
    for (const auto& each : checkpoints) index.Put(each, 0);
  }
  return {};
}

Status History::Take(const store::Stored& stored) {
  const auto is = [&]<class T>(std::type_identity<T>) {
    return stored.kind == store::Kind<T>::name;
  };
  const int64_t revision = ++revision_;
  if (is(std::type_identity<model::Run>{})) {
    AIOP_TRY(const auto run, Parse<model::Run>(stored.body));
    index_.Put(run, revision);
  } else if (is(std::type_identity<model::Checkpoint>{})) {
    AIOP_TRY(const auto checkpoint, Parse<model::Checkpoint>(stored.body));
    index_.Put(checkpoint, revision);
  } else if (is(std::type_identity<model::Incident>{})) {
    AIOP_TRY(const auto incident, Parse<model::Incident>(stored.body));
    index_.Put(incident);
  } else if (is(std::type_identity<model::Occurrence>{})) {
    AIOP_TRY(const auto occurrence, Parse<model::Occurrence>(stored.body));
    index_.Put(occurrence, stored.sequence, revision);
  } else if (is(std::type_identity<model::Attempt>{})) {
    AIOP_TRY(const auto attempt, Parse<model::Attempt>(stored.body));
    index_.Put(attempt);
  } else if (is(std::type_identity<model::StoredEvent>{})) {
    const bool figure = std::ranges::any_of(kFigureSignals, [&](model::SignalType signal) {
      return stored.body.find(Marked(signal)) != std::string::npos;
    });
    if (!figure) return {};
    AIOP_TRY(const auto event, Parse<model::StoredEvent>(stored.body));
    index_.Put(event);
  }
  return {};
}

Status History::Fill() {
  const std::lock_guard filling(filling_);
  if (!listener_) {
    // What it is told of before it is filled is on disk and will be read.
    AIOP_TRY(listener_, ledger_.database().Listen([this](const std::vector<store::Stored>& stored) {
      const std::lock_guard lock(mutex_);
      for (const auto& each : stored) {
        if (filled_ && intact_) intact_ = Take(each);
      }
    }));
  }
  const std::lock_guard lock(mutex_);
  if (filled_) return intact_;
  evidence::Index index;
  AIOP_CHECK_OK(Read(index));
  index_ = std::move(index);
  filled_ = true;
  return {};
}

Status History::FillFigures() {
  AIOP_CHECK_OK(Fill());
  const std::lock_guard filling(filling_);
  if (figures_) return {};
  const std::lock_guard lock(mutex_);
  AIOP_CHECK_OK(ReadAll<model::Attempt>(
      ledger_, [&](const model::Attempt& attempt, int64_t) { index_.Put(attempt); }));
  for (const model::SignalType signal : kFigureSignals) {
    AIOP_CHECK_OK(ReadAll<model::StoredEvent>(
        ledger_, [&](const model::StoredEvent& event, int64_t) { index_.Put(event); },
        Marked(signal)));
  }
  figures_ = true;
  return {};
}

Result<evidence::Surroundings> History::Around(const evidence::Question& question) {
  AIOP_CHECK_OK(Fill());
  const std::lock_guard lock(mutex_);
  return index_.Around(question);
}

Result<std::vector<evidence::Standing>> History::FirstStanding(const std::string& incident,
                                                               size_t limit) {
  AIOP_CHECK_OK(Fill());
  const std::lock_guard lock(mutex_);
  return index_.StandingAt(incident, limit);
}

Result<std::vector<evidence::Standing>> History::AllAt(const std::string& incident) {
  AIOP_CHECK_OK(Fill());
  std::vector<evidence::Standing> standing;
  {
    const std::lock_guard lock(mutex_);
    standing = index_.StandingAt(incident);
  }
  std::ranges::sort(standing, {}, &evidence::Standing::sequence);
  return standing;
}

Result<evidence::MotorRecord> History::RecordOf(const model::MotorReference& motor) {
  AIOP_CHECK_OK(FillFigures());
  const std::lock_guard lock(mutex_);
  return index_.RecordOf(motor);
}

}  // namespace aiop::arbitration
