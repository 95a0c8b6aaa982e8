// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <functional>

#include "app/aiop/commands.h"
#include "app/aiop/input.h"
#include "app/aiop/listing.h"
#include "app/aiop/picture.h"
#include "app/aiop/supervised.h"
#include "app/aiop/trial_text.h"
#include "app/aiop/words.h"

namespace aiop::app {
namespace {

using contexts::Home;
using ChangeKey = store::Kind<model::Change>::Field;
using model::ChangeState;

// 3 while it waits for a human, for runs or for the end of another trial, 5 if a gate refused it.
int ExitCodeOf(const model::Change& change) {
  switch (change.status) {
    case ChangeState::kAwaitingApproval:
    case ChangeState::kCanary:
    case ChangeState::kGating:
      return 3;
    case ChangeState::kRejected:
    case ChangeState::kSuperseded:
    case ChangeState::kRolledBack:
      return 5;
    default:
      return 0;
  }
}

// The paused runs that a change answers which is promoted or on trial.
Result<std::vector<std::string>> AnsweredRuns(Home& home, const model::Change& change) {
  std::vector<std::string> answered;
  if (change.status != ChangeState::kPromoted && change.status != ChangeState::kCanary) {
    return answered;
  }
  AIOP_TRY(const auto runs,
           home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, change.plant));
  for (const model::Run& run : runs) {
    const bool done = run.state == model::RunState::kFailed || run.state == model::RunState::kIdle;
    if (done || run.paused_because == model::PausedBecause::kHuman) continue;
    const bool answers = change.side == model::Scope::kApp
                             ? run.app == change.app
                             : !change.incident.empty() && run.incident == change.incident;
    if (answers) answered.push_back(run.id);
  }
  return answered;
}

bool IsUnreviewed(const model::Change& change) {
  return change.break_glass && change.break_glass->reviewed_by.empty() &&
         change.status == ChangeState::kPromoted;
}

// A change is made by `make`; then the runs that it answers go on, and both are shown.
Result<int> ActAndShow(Session& session, const std::string& plant,
                       const std::function<Result<model::Change>(governance::Governor&)>& make,
                       bool resume) {
  Output& out = session.out();
  model::Change change;
  bool resumed = false;
  auto summary = Supervise(
      session, Lines::kNone,
      [&](supervision::Supervisor& supervisor) -> Result<supervision::Summary> {
        AIOP_CHECK_OK(supervisor.UsePolicyOf(plant));
        AIOP_TRY(change, make(supervisor.governor()));
        // Also runs that a killed command of the same kind left on their way.
        AIOP_TRY([[maybe_unused]] const auto recovered, supervisor.engine().Recover());
        AIOP_TRY(const auto runs, AnsweredRuns(supervisor.engine().home(), change));
        if (runs.empty() || !resume) return supervision::Summary{};
        resumed = true;
        return supervisor.Continue(change.plant, runs,
                                   static_cast<int>(session.arguments().Number("--jobs", 1)));
      });
  AIOP_CHECK_OK(summary);
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(change, home->ledger().Get<model::Change>(change.id));
  if (out.json()) {
    json::Object document = describe::ToJson(change).as_object();
    document["summary"] = resumed ? supervision::ToJson(*summary) : json::Value(nullptr);
    out.Document(document);
  } else {
    out.Text("change " + change.id + ": " + std::string(describe::Name(change.status)) +
             (change.version.empty() ? "" : ", version " + change.version) + "\n");
    if (!change.reason.empty()) {
      out.Text("  " + Wrap(change.reason, out.paragraph_width(), 2) + "\n");
    }
    if (IsUnreviewed(change)) {
      out.Note("somebody else has to review it by " + FormatTimestamp(change.break_glass->until) +
               ": aiop change review " + change.id);
    }
    if (change.status == ChangeState::kAwaitingApproval) {
      out.Note("next: aiop change show " + change.id + "\n      aiop change approve " + change.id);
    }
    if (change.status == ChangeState::kCanary) {
      out.Note("next: aiop run --plant " + change.plant + "\n      aiop change show " + change.id);
    }
    if (resumed) ShowPicture(out, *summary);
  }
  const int code = ExitCodeOf(change);
  return code != 0 || !resumed ? code : supervision::ExitCodeOf(*summary);
}

// Who acts on a change, at least in this role, on its plant's team.
Result<approval::Actor> ActingOn(Session& session, const model::Change& change, model::Role least) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*home, change.plant));
  return session.Acting(least, plant.team, "act on changes");
}

// What an approval takes, and what was said so far.
std::string ApprovalText(const model::Change& change) {
  std::string text;
  if (change.approval_wait && change.status == ChangeState::kAwaitingApproval) {
    text += "approval   " + std::to_string(approval::Missing(change)) + " of " +
            std::to_string(change.approval_wait->quorum) + " missing";
    if (change.approval_wait->expires) {
      text += ", until " + FormatTimestamp(*change.approval_wait->expires);
    }
    text += "\n";
    for (const auto& field : change.approval_wait->form) {
      text +=
          "form       --form " + std::string(field.key()) + "=" + json::Text(field.value()) + "\n";
    }
  }
  for (const auto& each : change.approvals) {
    text += "approved   by " + each.by + " " + FormatTimestamp(each.at) +
            (each.form.empty() ? "" : " " + json::Text(each.form)) + "\n";
  }
  for (const auto& each : change.push_backs) {
    text += "back       by " + each.by + ": " + each.comment + "\n";
  }
  if (change.break_glass) {
    const auto& glass = *change.break_glass;
    text += "LET THROUGH by " + glass.by + " " + FormatTimestamp(glass.at) + ": " + glass.because +
            "\n           " +
            (glass.reviewed_by.empty()
                 ? "not reviewed yet: to be done by " + FormatTimestamp(glass.until)
                 : "reviewed by " + glass.reviewed_by + ": " + glass.review) +
            "\n";
  }
  return text;
}

void ShowFacts(Output& out, const model::Change& change) {
  const std::string of =
      change.side == model::Scope::kMotor ? "motor of plant " + change.plant : "app " + change.app;
  std::string text = "change     " + change.id + "\nof         " + of + "\ntitle      " +
                     change.title + "\nstatus     " + std::string(describe::Name(change.status)) +
                     "\nversion    " + change.base_version + " -> " + change.version +
                     "\nsource     " + std::string(describe::Name(change.source)) +
                     (change.origin.empty() ? "" : " (" + change.origin + ")") + "\n";
  if (!change.reason.empty()) {
    text += "why        " + Wrap(change.reason, out.paragraph_width(), 11) + "\n";
  }
  if (change.pull_request) {
    text += "pull       #" + std::to_string(change.pull_request->number) +
            (change.pull_request->url.empty() ? "" : " " + change.pull_request->url) +
            (change.pull_request->told.empty() ? "" : ", told: " + change.pull_request->told) +
            "\n";
  }
  if (!change.pattern.empty()) text += "pattern    " + change.pattern + "\n";
  if (change.after_care) {
    text += "after-care " + std::string(describe::Name(change.after_care->state)) +
            (change.after_care->because.empty()
                 ? ""
                 : ": " + Wrap(change.after_care->because, out.paragraph_width(), 11)) +
            "\n";
  }
  if (!change.incident.empty()) text += "incident   " + change.incident + "\n";
  if (!change.decision.empty()) text += "decision   " + change.decision + "\n";
  if (!change.restore_point.empty()) text += "restore    " + change.restore_point + "\n";
  out.Text(text + ApprovalText(change));
}

}  // namespace

Result<int> ChangeList(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  std::optional<std::pair<ChangeKey, std::string>> key;
  if (arguments.Has("--status")) key = {ChangeKey::kStatus, arguments.One("--status")};
  if (arguments.Has("--plant")) {
    AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("--plant")));
    key = {ChangeKey::kPlant, plant.name};
  }
  AIOP_TRY(const auto page,
           ReadPage<model::Change>(home->ledger(), arguments, key, [&](const model::Change& each) {
             return (!arguments.Has("--status") ||
                     describe::Name(each.status) == arguments.One("--status")) &&
                    (!arguments.Has("--unreviewed") || IsUnreviewed(each));
           }));
  const Timestamp now = Now();
  return ShowPage<model::Change>(
      session, page,
      Table({{"CHANGE"},
             {"OF"},
             {"STATUS"},
             {"VERSION"},
             {"TITLE", Table::Align::kLeft, true},
             {"WHEN"}}),
      [&](const model::Change& each) {
        return std::vector<Cell>{
            each.id,
            each.side == model::Scope::kMotor ? each.plant : each.app,
            Cell(std::string(describe::Name(each.status)) +
                     (IsUnreviewed(each) ? " (let through, not reviewed)" : ""),
                 IsUnreviewed(each) ? Colour::kRed : ColourOf(each.status)),
            each.version,
            each.title,
            Ago(each.updated, now)};
      },
      "no changes");
}

Result<int> ChangeShow(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto change,
           FindRecord<model::Change>(home->ledger(), session.arguments().One("ID")));
  Output& out = session.out();
  if (out.json()) {
    out.Document(describe::ToJson(change));
    return 0;
  }
  ShowFacts(out, change);
  Table gates({{"GATE"},
               {"VERDICT"},
               {"TOOK", Table::Align::kRight},
               {"DETAILS", Table::Align::kLeft, true}});
  for (const auto& each : change.gates) {
    const Colour colour = each.verdict == model::Verdict::kPass   ? Colour::kGreen
                          : each.verdict == model::Verdict::kFail ? Colour::kRed
                                                                  : Colour::kYellow;
    gates.Add({each.gate,
               Cell(std::string(describe::Name(each.verdict)) + (each.blocks ? "" : " (only told)"),
                    colour),
               FormatDuration(Milliseconds{each.elapsed_ms}), each.details});
  }
  if (!gates.empty()) {
    out.Text("\n");
    out.Show(gates);
  }
  ShowTrials(out, change);
  if (!change.diff.empty()) out.Text("\n" + change.diff);
  return 0;
}

Result<int> ChangeSubmit(Session& session) {
  const Arguments& arguments = session.arguments();
  const bool plant = arguments.Has("--plant");
  const bool patch = arguments.Has("--patch");
  if (plant == arguments.Has("--app")) return Invalid("give one of --plant and --app");
  if (patch == arguments.Has("--branch")) return Invalid("give one of --patch and --branch");
  if (!plant && !patch) return Invalid("an app has no branches: give --patch FILE");
  std::string diff;
  if (patch) {
    AIOP_TRY(diff, ReadInput(arguments.One("--patch"), motors::kPatchLimitBytes));
    if (diff.empty()) return Invalid(arguments.One("--patch") + " is empty");
  }
  // Names are checked before anything is locked or fetched.
  AIOP_TRY(Home * reading, session.Read());
  std::string of = arguments.One("--plant");
  if (!plant) {
    AIOP_TRY(const auto app, reading->apps().Get<model::App>(arguments.One("--app")));
    of = app.plant;
  }
  AIOP_TRY(const auto known, contexts::GetPlant(*reading, of));
  std::string answered;
  if (arguments.Has("--answers")) {
    AIOP_TRY(const auto old,
             FindRecord<model::Change>(reading->ledger(), arguments.One("--answers")));
    if (old.status != ChangeState::kAwaitingApproval) {
      return Forbidden("change " + old.id + " is " + std::string(describe::Name(old.status)) +
                       ": there is nothing to answer");
    }
    if (old.plant != of) return Invalid("--answers: change " + old.id + " is of another plant");
    answered = old.id;
  }
  AIOP_TRY(const auto actor, session.Acting(model::Role::kOperator, known.team, "submit changes"));
  return ActAndShow(
      session, of,
      [&](governance::Governor& governor) -> Result<model::Change> {
        AIOP_TRY(const auto made,
                 plant ? governor.SubmitMotor(arguments.One("--plant"), diff,
                                              arguments.One("--branch"), actor.name)
                       : governor.SubmitApp(arguments.One("--app"), diff, actor.name));
        if (!answered.empty()) {
          AIOP_TRY([[maybe_unused]] const auto old, governor.Supersede(answered, made));
        }
        return made;
      },
      true);
}

Result<int> MotorCanary(Session& session) {
  const Arguments& arguments = session.arguments();
  // Names are checked before anything is locked.
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto plant, contexts::GetPlant(*reading, arguments.One("PLANT")));
  AIOP_TRY(const auto actor, session.Acting(model::Role::kOperator, plant.team, "try versions"));
  const int64_t min_runs = arguments.Number("--min-runs", 0);
  return ActAndShow(
      session, plant.name,
      [&](governance::Governor& governor) {
        return governor.TryVersion({.plant = plant.name,
                                    .version = arguments.One("VERSION"),
                                    .apps = arguments.One("--apps"),
                                    .shadow = arguments.Has("--shadow"),
                                    .min_runs = min_runs,
                                    .by = actor.name});
      },
      true);
}

Result<int> ChangeApprove(Session& session) {
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto change,
           FindRecord<model::Change>(reading->ledger(), session.arguments().One("ID")));
  AIOP_TRY(const auto actor, ActingOn(session, change, model::Role::kOperator));
  approval::Word word;
  word.seen_diff = session.arguments().One("--diff");
  const json::Object form = change.approval_wait ? change.approval_wait->form : json::Object();
  for (const std::string& field : session.arguments().All("--form")) {
    AIOP_CHECK_OK(approval::FillIn(form, field, word.form));
  }
  return ActAndShow(
      session, change.plant,
      [&](governance::Governor& governor) { return governor.Approve(change.id, actor, word); },
      !session.arguments().Has("--no-resume"));
}

Result<int> ChangeBreakGlass(Session& session) {
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto change,
           FindRecord<model::Change>(reading->ledger(), session.arguments().One("ID")));
  AIOP_TRY(const auto actor, ActingOn(session, change, model::Role::kAdmin));
  return ActAndShow(
      session, change.plant,
      [&](governance::Governor& governor) {
        return governor.BreakTheGlass(change.id, actor, session.arguments().One("--because"));
      },
      !session.arguments().Has("--no-resume"));
}

namespace {

// Says one thing to a change; nothing is run for it.
Result<int> SayToChange(
    Session& session,
    const std::function<Result<model::Change>(governance::Governor&, const std::string& change,
                                              const approval::Actor&)>& say) {
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto found,
           FindRecord<model::Change>(reading->ledger(), session.arguments().One("ID")));
  AIOP_TRY(const auto actor, ActingOn(session, found, model::Role::kOperator));
  AIOP_TRY(Home * home, session.Own());
  supervision::Supervisor supervisor(*home, *rules, nullptr);
  supervisor.UseForgeToken(session.ForgeToken());
  AIOP_CHECK_OK(supervisor.UsePolicyOf(found.plant));
  AIOP_TRY(const auto change, say(supervisor.governor(), found.id, actor));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(change));
  } else {
    session.out().Text("change " + change.id + ": " + std::string(describe::Name(change.status)) +
                       (change.reason.empty() ? "" : ", " + change.reason) + "\n");
  }
  return 0;
}

}  // namespace

Result<int> ChangeReject(Session& session) {
  return SayToChange(session, [&](auto& governor, const auto& change, const auto& actor) {
    return governor.Reject(change, actor, session.arguments().One("--because"));
  });
}

Result<int> ChangePushBack(Session& session) {
  return SayToChange(session, [&](auto& governor, const auto& change, const auto& actor) {
    return governor.PushBack(change, actor, session.arguments().One("--because"));
  });
}

Result<int> ChangeReview(Session& session) {
  return SayToChange(session, [&](auto& governor, const auto& change, const auto& actor) {
    return governor.Review(change, actor, session.arguments().One("--because"),
                           session.arguments().Has("--roll-back"));
  });
}

}  // namespace aiop::app
