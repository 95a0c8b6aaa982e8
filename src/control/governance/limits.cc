// SPDX-License-Identifier: Apache-2.0
// What a patch may be at all: a tree that stays inside itself, of a size that somebody can read,
// inside the files that the motor lets patches touch.
#include <fnmatch.h>

#include <algorithm>

#include "control/governance/governance.h"

namespace aiop::governance {
namespace {

constexpr size_t kPathsNamed = 3;

model::GateResult Ruled(model::Verdict verdict, std::string details) {
  model::GateResult result;
  result.gate = "limits";
  result.verdict = verdict;
  result.details = std::move(details);
  result.at = Now();
  return result;
}

std::string Named(const std::vector<std::string>& paths) {
  std::string text;
  for (size_t i = 0; i < paths.size() && i < kPathsNamed; ++i) {
    text += (i > 0 ? ", " : "") + paths[i];
  }
  if (paths.size() > kPathsNamed) {
    text += " and " + std::to_string(paths.size() - kPathsNamed) + " more";
  }
  return text;
}

std::vector<std::string> Outside(const std::vector<std::string>& paths,
                                 const std::vector<std::string>& allowed) {
  std::vector<std::string> outside;
  std::ranges::copy_if(paths, std::back_inserter(outside), [&](const std::string& path) {
    return std::ranges::none_of(allowed, [&](const std::string& glob) {
      return fnmatch(glob.c_str(), path.c_str(), 0) == 0;
    });
  });
  return outside;
}

}  // namespace

Result<model::GateResult> Governor::CheckLimits(const model::Change& change,
                                                const contexts::Motor& base) {
  AIOP_TRY(const auto repository, contexts::OpenRepository(engine_.home(), change.plant));
  const Status tree = repository.CheckTree(change.candidate);
  if (!tree) return Ruled(model::Verdict::kFail, tree.error().message);
  if (change.changed_paths.size() > kChangedPathsLimit) {
    return Ruled(model::Verdict::kFail,
                 "it touches " + std::to_string(change.changed_paths.size()) +
                     " files, and a patch may touch " + std::to_string(kChangedPathsLimit));
  }
  AIOP_TRY(const std::string diff, repository.Diff(change.base_commit, change.candidate));
  if (diff.size() > kDiffLimitBytes) {
    return Ruled(model::Verdict::kFail, "its diff has " + std::to_string(diff.size()) +
                                            " bytes, and nobody can look at more than " +
                                            std::to_string(kDiffLimitBytes));
  }
  // Upgrades touch manifests and lock files and nothing else.
  const auto& allowed = base.manifest.patches.allow;
  const bool listed = !allowed.empty() && change.source != model::PatchSource::kUpgrade;
  const auto outside = listed ? Outside(change.changed_paths, allowed) : std::vector<std::string>();
  if (outside.empty()) {
    return Ruled(model::Verdict::kPass, std::to_string(change.changed_paths.size()) + " file(s), " +
                                            std::to_string(diff.size()) + " bytes of diff");
  }
  const bool by_model = change.source == model::PatchSource::kLlm;
  return Ruled(by_model ? model::Verdict::kFail : model::Verdict::kInconclusive,
               "outside what patches may touch (motor.yaml: patches.allow): " + Named(outside) +
                   (by_model ? "" : "; a human has to approve that"));
}

}  // namespace aiop::governance
