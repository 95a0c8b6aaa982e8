// SPDX-License-Identifier: Apache-2.0
// Which restore points are kept.
#include <map>

#include "base/fault/fault.h"
#include "control/rollback/rollback.h"
#include "core/retention/retention.h"

namespace aiop::rollback {
namespace {

// The contents of a motor version and their bytes; `known`: of those that were read before.
Result<std::map<std::string, int64_t>> FilesOf(const motors::Repository& repository,
                                               const std::string& commit,
                                               std::map<std::string, int64_t>& known) {
  AIOP_TRY(const auto files, repository.ListFiles(commit));
  std::map<std::string, int64_t> sizes;
  for (const auto& each : files) {
    const auto [size, is_new] = known.try_emplace(each.blob, 0);
    if (is_new) {
      AIOP_TRY(const std::string content, repository.ReadFile(commit, each.path));
      size->second = static_cast<int64_t>(content.size());
    }
    sizes.insert(*size);
  }
  return sizes;
}

}  // namespace

Result<std::vector<KeptPoint>> Retention(contexts::Home& home, const std::string& plant) {
  AIOP_TRY(auto points, home.motors().ListBy<model::RestorePoint>(
                            store::Kind<model::RestorePoint>::Field::kPlant, plant));
  std::vector<KeptPoint> result;
  if (points.empty()) return result;
  AIOP_TRY(const contexts::Motor active, contexts::ActiveMotor(home, plant));
  AIOP_TRY(const auto repository, contexts::OpenRepository(home, plant));
  AIOP_TRY(auto open,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, plant));
  std::erase_if(open, [](const model::Run& run) { return run.Ended(); });
  std::map<std::string, int64_t> known;
  std::vector<retention::Point> candidates;
  std::map<std::string, model::RestorePoint> by_id;
  for (auto each = points.rbegin(); each != points.rend(); ++each) {
    by_id[each->id] = *each;
    if (each->dropped) continue;
    AIOP_TRY(auto files, FilesOf(repository, each->commit, known));
    candidates.push_back({.id = each->id,
                          .created = each->created,
                          .files = std::move(files),
                          .needed_by = retention::NeededBy(*each, active.version, open)});
  }
  const auto limits = retention::LimitsOf(active.manifest.restore_points);
  for (auto& ruling : retention::Decide(std::move(candidates), limits, Now())) {
    result.push_back({by_id[ruling.id], ruling.kept, std::move(ruling.because)});
  }
  for (auto each = points.rbegin(); each != points.rend(); ++each) {
    if (each->dropped) result.push_back({*each, false, "dropped by retention"});
  }
  return result;
}

Status DropOldPoints(contexts::Home& home, const std::string& plant) {
  AIOP_TRY(auto rulings, Retention(home, plant));
  store::MotorStore::Batch batch;
  for (KeptPoint& each : rulings) {
    if (each.kept || each.point.dropped) continue;
    each.point.dropped = Now();
    batch.Put(each.point);
  }
  if (batch.empty()) return {};
  AIOP_CHECK_OK(home.motors().Commit(std::move(batch)));
  fault::Point("rollback.points");
  return {};
}

}  // namespace aiop::rollback
