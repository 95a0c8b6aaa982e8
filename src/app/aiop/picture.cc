// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/picture.h"

#include <algorithm>

#include "app/aiop/words.h"

namespace aiop::app {
namespace {

using model::PausedBecause;
using model::RunState;

constexpr size_t kIndent = 4;

std::string Heading(std::string_view text, bool colours) {
  return "\n" + Paint(text, Colour::kBold, colours) + "\n";
}

std::string Paragraph(std::string_view text, size_t width, size_t indent) {
  return std::string(indent, ' ') + Wrap(text, std::max<size_t>(width, indent + 20), indent) + "\n";
}

std::string RunsText(const supervision::Summary& summary, size_t width, bool colours) {
  Table table({{"APP"},
               {"STATE"},
               {"MOTOR"},
               {"STEPS", Table::Align::kRight},
               {"WHY", Table::Align::kLeft, true}});
  for (const model::Run& run : summary.runs) {
    std::string why = run.state == RunState::kSuccess
                          ? (run.resumed > 0 ? "resumed, then went through" : "")
                          : run.cause;
    table.Add({NameOf(run), Cell(StateText(run), ColourOf(run.state)), run.motor_ctx.version,
               std::to_string(run.steps_done), why});
  }
  return Heading("Runs", colours) + table.Render(width, colours);
}

std::string ChangesText(const supervision::Summary& summary, size_t width, bool colours) {
  if (summary.changes.empty()) return "";
  std::string text = Heading("Changes", colours);
  for (const model::Change& change : summary.changes) {
    text += "  " + Paint(describe::Name(change.status), ColourOf(change.status), colours) + "  " +
            (change.side == model::Scope::kMotor ? change.plant : change.app) + " " +
            change.base_version + " -> " + change.version + "  " + change.title + "\n";
    if (!change.reason.empty()) text += Paragraph(change.reason, width, kIndent);
  }
  return text;
}

std::string SavedText(const supervision::Summary& summary, bool colours) {
  int64_t resumed = 0;
  int64_t kept = 0;
  int64_t redone = 0;
  int64_t done = 0;
  for (const model::Run& run : summary.runs) {
    resumed += run.resumed > 0 ? 1 : 0;
    kept += run.steps_kept;
    redone += run.steps_redone;
    done += run.steps_done;
  }
  if (resumed == 0) return "";
  return Heading("Saved", colours) + "  " + Counted(static_cast<size_t>(resumed), "run") +
         " went on from a checkpoint: " + Counted(static_cast<size_t>(kept), "finished step") +
         " not done again; " + std::to_string(done) + " done, " + std::to_string(redone) +
         " of them a second time\n";
}

// What the person can do about a paused run.
std::string AdviceFor(const model::Run& run, const supervision::Summary& summary) {
  if (run.state != RunState::kPaused || !run.paused_because) return "";
  switch (*run.paused_because) {
    case PausedBecause::kApproval:
      for (const model::Change& change : summary.changes) {
        const bool answers = change.side == model::Scope::kApp ? change.app == run.app
                                                               : change.incident == run.incident;
        if (change.status == model::ChangeState::kAwaitingApproval && answers) {
          return "aiop change show " + change.id + "\n    aiop change approve " + change.id;
        }
      }
      return "aiop change ls --status awaiting_approval";
    case PausedBecause::kFix: {
      const auto found = std::find_if(
          summary.decisions.begin(), summary.decisions.end(),
          [&](const model::DecisionRecord& each) { return each.decision_id == run.decision; });
      const std::string app = "aiop app update " + run.app + " --spec PATH";
      std::string motor =
          "aiop change submit --plant " + run.plant +
          " --patch FILE   (or push a branch that the motor's `branches` names, and run again)";
      if (found == summary.decisions.end()) return motor;
      const std::string why = "aiop decision show " + run.decision + "\n    ";
      switch (found->classification) {
        case model::Classification::kApp:
          return why + app;
        case model::Classification::kMotor:
          return why + motor;
        case model::Classification::kMixed:
          return why + app + "\n    or " + motor;
      }
      return motor;
    }
    case PausedBecause::kOperator:
    case PausedBecause::kBoot:
      return "aiop run --plant " + run.plant + "   (goes on where it was)";
    case PausedBecause::kBreaker:
      return "aiop incident show " + run.incident + "\n    aiop incident close-breaker " +
             run.incident + " --because TEXT   (then run again)";
    case PausedBecause::kEvidence:
      return run.decision.empty() ? "aiop run --plant " + run.plant
                                  : "aiop decision show " + run.decision;
    default:
      return "aiop run resume " + run.id;
  }
}

std::string NextText(const supervision::Summary& summary, bool colours) {
  // Each piece of advice once, with all whom it concerns.
  std::vector<std::pair<std::string, std::vector<std::string>>> advice;
  const auto give = [&](const std::string& command, const std::string& to) {
    if (command.empty()) return;
    auto found = std::find_if(advice.begin(), advice.end(),
                              [&](const auto& each) { return each.first == command; });
    if (found == advice.end()) found = advice.insert(advice.end(), {command, {}});
    found->second.push_back(to);
  };
  for (const model::Run& run : summary.runs) give(AdviceFor(run, summary), NameOf(run));
  for (const model::Change& change : summary.changes) {
    const bool named = std::any_of(advice.begin(), advice.end(), [&](const auto& each) {
      return each.first.find(change.id) != std::string::npos;
    });
    if (change.status == model::ChangeState::kAwaitingApproval && !named) {
      give("aiop change show " + change.id + "\n    aiop change approve " + change.id,
           "change \"" + change.title + "\"");
    }
  }
  std::string text;
  for (const auto& [command, names] : advice) {
    text += "  " + Joined(names) + ":\n    " + command + "\n";
  }
  return text.empty() ? "" : Heading("What to do next", colours) + text;
}

}  // namespace

std::string DecisionText(const model::DecisionRecord& decision, size_t width, bool colours) {
  const std::string who = decision.category == model::Category::kTransient ? "nobody has to change"
                          : decision.classification == model::Classification::kApp
                              ? "the app has to change"
                          : decision.classification == model::Classification::kMotor
                              ? "the motor has to change"
                              : "motor and app do not fit: motor first";
  std::string text = "  " + Paint(describe::Name(decision.category), Colour::kBold, colours) +
                     ": " +
                     (decision.outcome == "abstained" ? "not sure; likeliest: " + who : who) +
                     " (confidence " + Percent(decision.confidence) + ")\n";
  text += Paragraph("apps: " + Joined(decision.apps), width, kIndent);
  text += Paragraph(decision.rationale, width, kIndent);
  for (const auto& fact : decision.evidence) {
    std::vector<std::string> refs;
    refs.reserve(fact.refs.size());
    for (const auto& ref : fact.refs) refs.push_back(Short(ref));
    text += std::string(kIndent, ' ') + "- " +
            Wrap(fact.fact + (refs.empty() ? "" : " [" + Joined(refs) + "]"), width, kIndent + 2) +
            "\n";
  }
  if (!decision.outcome.empty()) {
    text += Paragraph("came of it: " + decision.outcome, width, kIndent);
  }
  text += std::string(kIndent, ' ') + "aiop decision show " + decision.decision_id + "\n";
  return text;
}

std::string PictureText(const supervision::Summary& summary, size_t width, bool colours) {
  std::string text = RunsText(summary, width, colours);
  if (!summary.decisions.empty()) text += Heading("Decisions", colours);
  for (const auto& decision : summary.decisions) text += DecisionText(decision, width, colours);
  text += ChangesText(summary, width, colours);
  text += SavedText(summary, colours);
  text += NextText(summary, colours);
  return text.starts_with('\n') ? text.substr(1) : text;
}

void ShowPicture(Output& out, const supervision::Summary& summary) {
  out.Text(PictureText(summary, out.paragraph_width(), out.colours()));
}

}  // namespace aiop::app
