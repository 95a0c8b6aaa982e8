// SPDX-License-Identifier: Apache-2.0
// Propositions about specs: answered without a plant.
#include <algorithm>

#include "core/policy/proposition.h"
#include "core/policy/template.h"

namespace aiop::policy {
namespace {

using model::ExperimentKind;

constexpr size_t kFindingsShown = 3;
constexpr size_t kFindingBytesShown = 200;

std::string Objections(const SpecFacts* spec) {
  if (spec == nullptr || spec->findings.empty()) return ".";
  std::string text = ": ";
  const size_t shown = std::min(spec->findings.size(), kFindingsShown);
  for (size_t i = 0; i < shown; ++i) {
    text += (i > 0 ? "; " : "") + Shortened(spec->findings[i], kFindingBytesShown);
  }
  if (spec->findings.size() > shown) {
    text += "; and " + std::to_string(spec->findings.size() - shown) + " more";
  }
  return text + ".";
}

// One app's spec: is it good enough to count against the motor? Unknown comes with what to ask.
Known Counts(const Knowledge& knowledge, const std::string& app, bool needs_validators) {
  const std::optional<bool> declared = knowledge.Declared(app);
  const std::optional<bool> valid = knowledge.Valid(app);
  if (declared == false || valid == false) return No("");
  if (!declared && knowledge.evidence.has_accepts) return Open(knowledge.AskDeclared(app));
  if (!valid && needs_validators) return Open(knowledge.AskValidators(app));
  if (!needs_validators && declared != true) return No("");
  return Yes("");
}

Known SeveralFail(const Knowledge& knowledge, bool needs_validators, const std::string& manner) {
  std::vector<std::string> counted;
  std::vector<std::string> references;
  std::optional<Wish> wish;
  for (const std::string& app : knowledge.AllFailingApps()) {
    Known counts = Counts(knowledge, app, needs_validators);
    if (counts.truth == Truth::kYes) {
      counted.push_back(app);
      const auto seen = knowledge.failing_apps.find(app);
      references.push_back(seen == knowledge.failing_apps.end() ? knowledge.evidence.run
                                                                : seen->second.reference);
      for (const auto kind : {ExperimentKind::kDeclared, ExperimentKind::kValidators}) {
        std::ranges::copy(knowledge.SpecReferences(app, kind), std::back_inserter(references));
      }
    } else if (counts.wish && !wish) {
      wish = std::move(counts.wish);
    }
  }
  if (std::cmp_greater_equal(counted.size(), knowledge.tuning.several_apps)) {
    return Yes("The apps " + Listed(counted) + ", whose specs " + manner +
                   ", fail the same way on this motor version.",
               std::move(references));
  }
  if (wish) return Open(std::move(wish));
  return No("Fewer than " + std::to_string(knowledge.tuning.several_apps) + " apps whose specs " +
            manner + " fail this way.");
}

}  // namespace

namespace found {

Known Declared(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  const std::optional<bool> declared = knowledge.Declared(evidence.app);
  if (!declared) return Open(knowledge.AskDeclared(evidence.app));
  auto references = knowledge.SpecReferences(evidence.app, ExperimentKind::kDeclared);
  if (*declared) {
    return Yes(
        "Its spec is inside what motor version " + evidence.motor_version + " declares to accept.",
        std::move(references));
  }
  return No(
      "Its spec is outside what motor version " + evidence.motor_version + " declares to accept.",
      std::move(references));
}

Known SpecValid(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  const std::optional<bool> valid = knowledge.Valid(evidence.app);
  if (!valid) return Open(knowledge.AskValidators(evidence.app));
  auto references = knowledge.SpecReferences(evidence.app, ExperimentKind::kValidators);
  if (*valid) return Yes("Independent validators accept its spec.", std::move(references));
  return No("Independent validators object to its spec" + Objections(knowledge.Spec(evidence.app)),
            std::move(references));
}

Known SpecDefective(const Knowledge& knowledge) { return Contrary(SpecValid(knowledge)); }

Known ValidityKnown(const Knowledge& knowledge) {
  Known valid = SpecValid(knowledge);
  if (valid.truth != Truth::kUnknown) {
    valid.truth = Truth::kYes;
    return valid;
  }
  if (valid.wish) return valid;
  return No("No independent validator has judged its spec.");
}

Known SpecConforms(const Knowledge& knowledge) {
  Known judged = ValidityKnown(knowledge);
  if (judged.truth == Truth::kUnknown) return judged;
  if (judged.truth == Truth::kYes) return No("Independent validators have judged its spec.");
  return Declared(knowledge);
}

Known UndeclaredByMisspelling(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  const std::optional<bool> declared = knowledge.Declared(evidence.app);
  if (!declared) return Open(knowledge.AskDeclared(evidence.app));
  if (*declared) return No("Its spec is inside what the motor declares.");
  std::vector<std::string> meant;
  std::vector<std::string> references;
  bool all = true;
  for (const model::Experiment& experiment : evidence.experiments) {
    if (experiment.kind != ExperimentKind::kDeclared || experiment.app != evidence.app ||
        IsElsewhere(evidence, experiment)) {
      continue;
    }
    references.push_back(experiment.id);
    for (const model::Finding& finding : experiment.findings) {
      if (!finding.meant.empty()) meant.push_back(finding.meant);
    }
    // What is missing because it is misspelt is no further objection.
    for (const model::Finding& finding : experiment.findings) {
      const bool explained = std::ranges::any_of(meant, [&](const std::string& word) {
        return finding.meant == word || finding.message.contains("'" + word + "'");
      });
      all = all && explained;
    }
  }
  if (meant.empty() || !all) return No("What it asks for is no misspelling of what is declared.");
  return Yes("It is outside only by a misspelling: " + Listed(meant) + " must be meant.",
             std::move(references));
}

Known AcceptedByOtherValidators(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  for (const model::Experiment& experiment : evidence.experiments) {
    if (experiment.kind != ExperimentKind::kValidators || experiment.app != evidence.app ||
        !IsElsewhere(evidence, experiment)) {
      continue;
    }
    const std::string& version = experiment.motor_ctx.version;
    if (experiment.result == model::ExperimentResult::kPassed) {
      return Yes("The validators of motor version " + version +
                     ", which takes the spec, accept it; those of " + evidence.motor_version +
                     " do not.",
                 {experiment.id});
    }
    return No("The validators of motor version " + version + " object to the spec too.",
              {experiment.id});
  }
  for (const Trial& trial : knowledge.versions) {
    if (!trial.Passed()) continue;
    if (auto wish = knowledge.AskValidatorsOf(trial.what)) return Open(std::move(wish));
  }
  if (auto wish = knowledge.AskVersion(Direction::kAny)) return Open(std::move(wish));
  return No("No motor version is known that takes the spec.");
}

Known TakenUndeclaredElsewhere(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  const std::optional<bool> declared = knowledge.Declared(evidence.app);
  if (!declared) return Open(knowledge.AskDeclared(evidence.app));
  if (*declared) return No("Its spec is inside what the motor declares.");
  for (const Trial& trial : knowledge.versions) {
    if (!trial.Passed()) continue;
    if (auto wish = knowledge.AskDeclaredOn(trial.what)) return Open(std::move(wish));
    for (const model::Experiment& each : evidence.experiments) {
      const bool outside = each.kind == ExperimentKind::kDeclared && each.app == evidence.app &&
                           each.motor_ctx.version == trial.what &&
                           each.result == model::ExperimentResult::kOtherFailure;
      if (!outside) continue;
      return Yes("Motor version " + trial.what +
                     " takes the spec and does not declare that it does either.",
                 {trial.reference, each.id});
    }
  }
  if (auto wish = knowledge.AskVersion(Direction::kAny)) return Open(std::move(wish));
  return No("No motor version is known that takes the spec without declaring it.");
}

Known SpecIsFolder(const Knowledge& knowledge) {
  return knowledge.evidence.spec_is_folder ? Yes("Its spec is a folder.")
                                           : No("Its spec is a single file.");
}

Known SeveralValidAppsFail(const Knowledge& knowledge) {
  return SeveralFail(knowledge, true, "validate and are declared");
}

Known SeveralConformingAppsFail(const Knowledge& knowledge) {
  return SeveralFail(knowledge, false, "the motor declares to take");
}

}  // namespace found
}  // namespace aiop::policy
