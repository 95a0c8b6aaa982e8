// SPDX-License-Identifier: Apache-2.0
// The index of core/evidence over the ledger of a home. Filled when it is first asked, told of
// every commit from then on, by whatever part of the program. Thread-safe. Private to the module.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/store/store.h"
#include "core/evidence/evidence.h"

namespace aiop::arbitration {

class History {
 public:
  explicit History(store::Ledger& ledger) : ledger_(ledger) {}
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  Result<evidence::Surroundings> Around(const evidence::Question& question);
  // Paused at the incident: the first by name; all, in the order in which they first failed there.
  Result<std::vector<evidence::Standing>> FirstStanding(const std::string& incident, size_t limit);
  Result<std::vector<evidence::Standing>> AllAt(const std::string& incident);
  Result<evidence::MotorRecord> RecordOf(const model::MotorReference& motor);

 private:
  Status Fill();
  Status FillFigures();
  Status Read(evidence::Index& index) const;
  Status Take(const store::Stored& stored);

  store::Ledger& ledger_;
  std::mutex filling_;  // held while the ledger is read for the first time
  std::optional<int> listener_;
  bool figures_ = false;

  std::mutex mutex_;  // of all below
  bool filled_ = false;
  evidence::Index index_;
  int64_t revision_ = 0;  // counts what was told; what was read is older than all of that
  Status intact_;         // of the records told
};

}  // namespace aiop::arbitration
