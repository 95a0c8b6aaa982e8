// SPDX-License-Identifier: Apache-2.0
// The compliance checklist from what a home's records show.
#include <algorithm>
#include <utility>

#include "core/kpi/kpi.h"

namespace aiop::kpi {
namespace {

// "2 runs that went on": the plural stands before what says more of the noun.
std::string Counted(int64_t count, std::string_view noun) {
  std::string text(noun);
  if (count != 1) {
    size_t end = text.size();
    for (const std::string_view more : {" that ", " of ", " with", " made ", " let ", " whose "}) {
      end = std::min(end, text.find(more));
    }
    text.insert(end, "s");
  }
  return std::to_string(count) + " " + text;
}

class Line {
 public:
  Line(std::string_view name, std::string_view requirement, std::string_view test) {
    line_.name = name;
    line_.requirement = requirement;
    line_.test = test;
  }

  // Speaks for it. Without any, the line does not hold, and `remedy` says what to do.
  Line& Needs(const Witnesses& witnesses, std::string_view noun, std::string_view remedy) {
    if (witnesses.count == 0) {
      line_.missing.push_back("no " + std::string(noun) + " yet: " + std::string(remedy));
    } else {
      Tells(witnesses, noun);
    }
    return *this;
  }

  Line& Tells(const Witnesses& witnesses, std::string_view noun) {
    if (witnesses.count > 0) {
      line_.evidence.push_back({Counted(witnesses.count, noun), witnesses.newest, witnesses.at});
    }
    return *this;
  }

  // Speaks against it.
  Line& Not(const Witnesses& witnesses, std::string_view noun) {
    if (witnesses.count > 0) {
      std::string text = Counted(witnesses.count, noun);
      for (size_t i = 0; i < witnesses.newest.size(); ++i) {
        text += (i == 0 ? ": " : ", ") + witnesses.newest[i];
      }
      if (witnesses.count > static_cast<int64_t>(witnesses.newest.size())) text += ", ...";
      line_.missing.push_back(std::move(text));
    }
    return *this;
  }

  Line& Looked(std::string found) {
    line_.evidence.push_back({std::move(found), {}, std::nullopt});
    return *this;
  }
  Line& Against(std::string what) {
    if (!what.empty()) line_.missing.push_back(std::move(what));
    return *this;
  }

  ChecklistLine Take() {
    line_.holds = line_.missing.empty() && !line_.evidence.empty();
    return std::move(line_);
  }

 private:
  ChecklistLine line_;
};

ChecklistLine Contexts(const Practice& practice) {
  return Line("contexts", "App and motor contexts are separate and versioned.", "e2e_loop")
      .Needs(practice.app_versions, "app version", "register an app (aiop app add)")
      .Needs(practice.motor_versions, "motor version", "register a plant (aiop plant add)")
      .Needs(practice.runs, "run", "run a plant (aiop run --plant P)")
      .Not(practice.runs_without_context, "run whose app or motor version is not there")
      .Take();
}

ChecklistLine Events(const Practice& practice) {
  return Line("events", "Observers emit structured events with a trace id.", "control_plants")
      .Needs(practice.events, "stored event", "run a plant (aiop run --plant P)")
      .Not(practice.events_without_trace, "event of a run without a trace id")
      .Take();
}

ChecklistLine Decisions(const Practice& practice) {
  Line line("decisions", "The operator records its decisions with rationale and plan.", "e2e_loop");
  line.Needs(practice.decisions, "decision record", "none was needed in this home so far")
      .Not(practice.decisions_incomplete, "decision without rationale or plan")
      .Not(practice.undecided, "incident that waits for its decision")
      .Against(practice.broken_chain);
  if (practice.decisions.count > 0 && practice.broken_chain.empty()) {
    line.Looked("the chains of decisions and corrections are whole");
  }
  return line.Take();
}

ChecklistLine Resumption(const Practice& practice) {
  return Line("resumption", "The pipeline is resumable after patches.", "e2e_crash")
      .Needs(practice.resumed, "run that went on after a patch and went through",
             "none was patched in this home so far")
      .Not(practice.resumed_with_redone_steps, "resumed run that did finished steps again")
      .Take();
}

ChecklistLine Changelog(const Practice& practice) {
  return Line("changelog", "The motor has a changelog with impact metrics.", "e2e_loop")
      .Needs(practice.promoted, "promoted motor version with its entry and impact",
             "no motor was patched in this home so far")
      .Not(practice.promoted_without_figures, "promoted motor version without measured impact")
      .Take();
}

ChecklistLine Rollback(const Practice& practice) {
  Line line("rollback", "Rollback is tested (table-top exercise).", "e2e_chaos");
  line.Tells(practice.rollbacks, "rollback of a motor")
      .Tells(practice.exercises, "rollback exercise that passed");
  if (practice.exercises.count == 0 && practice.rollbacks.count == 0) {
    line.Against("no rollback and no exercise yet: aiop chaos run --drill rollback");
  }
  return line
      .Not(practice.failed_exercises, "rollback exercise that failed, and none that passed since")
      .Take();
}

ChecklistLine Governed(const Practice& practice) {
  return Line("governance", "Every motor version passed its gates before its first run.",
              "e2e_outside")
      .Needs(practice.motor_versions, "motor version", "register a plant (aiop plant add)")
      .Not(practice.promoted_without_gates, "promoted version without gates")
      .Not(practice.ungoverned, "version made outside that ran without having been gated")
      .Not(practice.unreviewed, "change let through past its gates that nobody has reviewed")
      .Take();
}

ChecklistLine Silence(const Practice& practice) {
  Line line("silence", "Every failure that was observed has an incident or a reason why not.",
            "e2e_figures");
  line.Looked(Counted(practice.checked_events, "error or critical event") + " looked at");
  if (practice.mute_events > 0) {
    line.Against(Counted(practice.mute_events, "event") + " with neither: see the list");
  }
  return line.Take();
}

}  // namespace

void Witnesses::Add(const std::string& id, Timestamp time) {
  ++count;
  if (!at || time >= *at) {
    at = time;
    newest.insert(newest.begin(), id);
  } else if (newest.size() < kWitnesses) {
    newest.push_back(id);
  }
  if (newest.size() > kWitnesses) newest.pop_back();
}

std::vector<ChecklistLine> Checklist(const Practice& practice) {
  return {Contexts(practice),  Events(practice),   Decisions(practice), Resumption(practice),
          Changelog(practice), Rollback(practice), Governed(practice),  Silence(practice)};
}

}  // namespace aiop::kpi
