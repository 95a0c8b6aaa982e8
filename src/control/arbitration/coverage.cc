// SPDX-License-Identifier: Apache-2.0
// Whose failure a ruling explains.
#include <algorithm>
#include <map>
#include <set>

#include "control/arbitration/arbitration.h"
#include "control/arbitration/history.h"

namespace aiop::arbitration {

// Whether the spec is inside what the motor declares, and validators accept it. What nobody can
// judge is taken to be sound.
Result<bool> Arbiter::IsSound(const model::Incident& incident, const model::Run& run,
                              const policy::SpecFacts& known) {
  if (known.declared == false || known.valid == false) return false;
  const experiments::Asker asker{.incident = incident.id,
                                 .fingerprint = "",
                                 .left = policy_.PerIncident(),
                                 .per_day = policy_.PerDay()};
  AIOP_TRY(const contexts::Motor motor,
           contexts::MotorAtCommit(engine_.home(), run.plant, run.motor_commit));
  AIOP_TRY(const auto app, contexts::VersionOf(engine_.home(), run.app_ctx));
  if (!known.declared) {
    AIOP_TRY(const auto declared, harness_.AskDeclared(asker, run, app, motor));
    if (declared.result == model::ExperimentResult::kOtherFailure) return false;
  }
  if (known.valid) return true;
  AIOP_TRY(const auto valid, harness_.AskValidators(asker, run, app, motor));
  return valid.result != model::ExperimentResult::kOtherFailure;
}

// The first by name that still stands at this incident, so that the order of events is no matter;
// one whose spec is in order, if there is any: it tells most.
Result<model::Run> Arbiter::ChooseRun(const model::Incident& incident) {
  AIOP_TRY(const auto standing, history_->FirstStanding(incident.id, kSpecsJudgedPerRuling));
  if (standing.empty()) return NotFound("no run stands at incident " + incident.id);
  auto& ledger = engine_.home().ledger();
  AIOP_TRY(const model::Run first, ledger.Get<model::Run>(standing.front().run));
  std::set<std::string> judged;
  for (const auto& each : standing) {
    if (standing.back().app == first.app || !judged.insert(each.app).second) continue;
    AIOP_TRY(model::Run run, ledger.Get<model::Run>(each.run));
    AIOP_TRY(const bool sound, IsSound(incident, run, {}));
    if (sound) return run;
  }
  return first;
}

Result<Arbiter::Coverage> Arbiter::Cover(const model::Incident& incident,
                                         const model::Run& examined,
                                         const policy::Evidence& evidence,
                                         const policy::Ruling& ruling) {
  AIOP_TRY(const auto standing, history_->AllAt(incident.id));
  policy::Covers covers = ruling.covers;
  if (ruling.abstained) {
    std::set<std::string> apps;
    for (const auto& each : standing) apps.insert(each.app);
    covers = apps.size() <= kAppsExaminedApart ? policy::Covers::kApp : policy::Covers::kAll;
  }
  const bool sound_only = covers == policy::Covers::kSound;
  Coverage coverage{.about = sound_only ? "apps whose specs are in order, and app " + examined.app
                                        : "app " + examined.app + " alone"};
  std::map<std::string, bool> sound{{examined.app, true}};
  for (const auto& each : standing) {
    AIOP_TRY(model::Run run, engine_.home().ledger().Get<model::Run>(each.run));
    bool holds = run.app == examined.app || covers != policy::Covers::kApp;
    if (holds && sound_only && !sound.contains(run.app) && sound.size() <= kSpecsJudgedPerRuling) {
      const auto known = std::ranges::find(evidence.specs, run.app, &policy::SpecFacts::app);
      AIOP_TRY(
          sound[run.app],
          IsSound(incident, run, known == evidence.specs.end() ? policy::SpecFacts{} : *known));
    }
    if (const auto known = sound.find(run.app); known != sound.end()) {
      holds = holds && known->second;
    }
    if (holds) {
      coverage.covered.push_back(std::move(run));
    } else {
      coverage.others.push_back(each.run);
    }
  }
  return coverage;
}

Result<bool> Arbiter::Covers(const model::DecisionRecord& decision, const model::Run& run) {
  if (decision.classification != model::Classification::kMotor) return false;
  if (policy_.CoveredBy(decision.rule) != policy::Covers::kSound) return true;
  AIOP_TRY(const auto incident, engine_.home().ledger().Get<model::Incident>(run.incident));
  return IsSound(incident, run, {});
}

}  // namespace aiop::arbitration
