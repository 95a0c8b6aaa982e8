// SPDX-License-Identifier: Apache-2.0
// aiop replay: decisions made again from their histories.
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/input.h"
#include "app/aiop/words.h"
#include "base/file/file.h"
#include "core/redact/redact.h"
#include "core/replay/replay.h"

namespace aiop::app {
namespace {

using model::DecisionHistory;

constexpr uint64_t kHistoryFileLimitBytes = uint64_t{256} << 20;
constexpr size_t kWhyIndent = 14;

// What is to be replayed.
struct Histories {
  std::vector<DecisionHistory> list;
  size_t without = 0;  // decisions of the home that were made before histories were kept
};

Result<Histories> OfHome(Session& session) {
  AIOP_TRY(contexts::Home * home, session.Read());
  Histories histories;
  AIOP_TRY(histories.list, home->ledger().List<DecisionHistory>());
  AIOP_TRY(const auto decisions, home->ledger().List<model::DecisionRecord>());
  histories.without = decisions.size() - std::min(decisions.size(), histories.list.size());
  return histories;
}

Result<Histories> OfFile(const std::string& name) {
  AIOP_TRY(const std::string text, ReadInput(name, kHistoryFileLimitBytes));
  Histories histories;
  AIOP_TRY(histories.list, replay::ReadFile(text, name == "-" ? "standard input" : name));
  return histories;
}

// By what the motors of this home hold for secret, on top of the built-in patterns.
Result<redact::Redactor> RedactorOf(contexts::Home& home) {
  std::vector<std::string> patterns;
  AIOP_TRY(const auto plants, home.motors().List<model::Plant>());
  for (const model::Plant& plant : plants) {
    AIOP_TRY(const auto motor, contexts::ActiveMotor(home, plant.name));
    std::ranges::copy(motor.manifest.redact, std::back_inserter(patterns));
  }
  return redact::Redactor::Create(patterns);
}

Result<int> Export(Session& session) {
  AIOP_TRY(contexts::Home * home, session.Read());
  AIOP_TRY(const Histories histories, OfHome(session));
  AIOP_TRY(const auto redactor, RedactorOf(*home));
  std::string text;
  for (DecisionHistory each : histories.list) {
    each.title = redactor.Text(each.title);
    each.event.payload = redactor.Json(each.event.payload).as_object();
    for (auto& experiment : each.experiments) {
      for (auto& finding : experiment.findings) finding.message = redactor.Text(finding.message);
    }
    text += replay::LineOf(each);
  }
  const std::string file = session.arguments().One("--export");
  AIOP_CHECK_OK(file::Write(file, text));
  if (session.out().json()) {
    session.out().Document(
        json::Object{{"file", file},
                     {"decisions", static_cast<int64_t>(histories.list.size())},
                     {"without_history", static_cast<int64_t>(histories.without)}});
  } else {
    session.out().Text(file + ": " + Counted(histories.list.size(), "decision") + "\n");
  }
  return 0;
}

// ---- What differs ----

std::string Text(const model::PastRuling& ruling) {
  return std::string(describe::Name(ruling.category)) + " by " + ruling.rule + ", " +
         Percent(ruling.confidence) + (ruling.abstained ? ", asks a human" : "");
}

std::string NameOf(const DecisionHistory& history) {
  return (history.story.empty() ? "" : history.story + " ") + history.decision;
}

void ShowDifference(Output& out, const DecisionHistory& history, const replay::Replayed& replayed) {
  std::string text = Paint(NameOf(history), Colour::kBold, out.colours()) + ", app " + history.app;
  if (!history.title.empty()) text += ": " + Cut(history.title, out.paragraph_width());
  text += "\n  decided     " + Text(history.ruling) + "\n  replayed    " + Text(replayed.ruling) +
          "\n  why         " + Wrap(replayed.difference->why, out.paragraph_width(), kWhyIndent) +
          "\n";
  out.Text(text);
}

json::Value Texts(const std::vector<std::string>& texts) {
  json::Array out;
  for (const std::string& each : texts) out.push_back(json::Value(each));
  return out;
}

json::Value DocumentOf(const DecisionHistory& history, const replay::Replayed& replayed) {
  json::Object document{{"decision", history.decision}};
  if (!history.story.empty()) document["story"] = history.story;
  document["app"] = history.app;
  document["before"] = describe::ToJson(history.ruling);
  document["after"] = describe::ToJson(replayed.ruling);
  document["why"] = replayed.difference->why;
  const std::string& proposition = replayed.difference->proposition;
  document["proposition"] = proposition.empty() ? json::Value(nullptr) : json::Value(proposition);
  document["unknown_experiments"] = Texts(replayed.unknown);
  return document;
}

// ---- Totals ----

struct Totals {
  size_t decisions = 0;
  size_t different = 0;
  size_t rules = 0;       // of those: by another rule
  size_t categories = 0;  // of those: of another category
  size_t asked = 0;
  size_t recorded = 0;
  size_t unknown = 0;
};

void Add(Totals& totals, const DecisionHistory& history, const replay::Replayed& replayed) {
  ++totals.decisions;
  totals.different += replayed.difference ? 1 : 0;
  totals.rules += history.ruling.rule != replayed.ruling.rule ? 1 : 0;
  totals.categories += history.ruling.category != replayed.ruling.category ? 1 : 0;
  totals.asked += replayed.asked.size();
  totals.recorded += history.experiments.size();
  totals.unknown += replayed.unknown.size();
}

json::Object DocumentOf(const Totals& totals) {
  const auto number = [](size_t count) { return static_cast<int64_t>(count); };
  return {{"decisions", number(totals.decisions)},
          {"same", number(totals.decisions - totals.different)},
          {"different", number(totals.different)},
          {"other_rule", number(totals.rules)},
          {"other_category", number(totals.categories)},
          {"experiments_recorded", number(totals.recorded)},
          {"experiments_asked", number(totals.asked)},
          {"experiments_unknown", number(totals.unknown)}};
}

void ShowTotals(Output& out, const Totals& totals, const std::string& policy, size_t without) {
  std::string text = Counted(totals.decisions, "decision") + " replayed with " + policy + ": " +
                     std::to_string(totals.decisions - totals.different) + " the same, " +
                     std::to_string(totals.different) + " different";
  if (totals.different > 0) {
    text += " (" + std::to_string(totals.rules) + " by another rule, " +
            std::to_string(totals.categories) + " of another category)";
  }
  text += "\n" + Counted(totals.recorded, "experiment") + " recorded, " +
          std::to_string(totals.asked) + " asked, " + std::to_string(totals.unknown) +
          " of them unknown to the histories\n";
  if (without > 0) {
    text += Counted(without, "decision") + " without a history, made by an older aiop\n";
  }
  out.Text(text);
}

}  // namespace

Result<int> Replay(Session& session) {
  const Arguments& arguments = session.arguments();
  if (arguments.Has("--export")) {
    if (arguments.Has("PATH")) {
      return Invalid("--export writes the decisions of the home: name no PATH");
    }
    return Export(session);
  }
  AIOP_TRY(const policy::Policy* policy, session.Policy());
  AIOP_TRY(const Histories histories,
           arguments.Has("PATH") ? OfFile(arguments.One("PATH")) : OfHome(session));
  Output& out = session.out();
  Totals totals;
  json::Array differences;
  for (const DecisionHistory& history : histories.list) {
    const replay::Replayed replayed =
        replay::Replay(history, policy->For(history.plant, history.team));
    Add(totals, history, replayed);
    if (!replayed.difference) continue;
    if (out.json()) {
      differences.push_back(DocumentOf(history, replayed));
    } else {
      ShowDifference(out, history, replayed);
    }
  }
  if (out.json()) {
    json::Object document{{"policy", policy->Id()}};
    for (const auto& member : DocumentOf(totals)) document[member.key()] = member.value();
    document["without_history"] = static_cast<int64_t>(histories.without);
    document["differences"] = std::move(differences);
    out.Document(document);
  } else {
    ShowTotals(out, totals, policy->Id(), histories.without);
  }
  return totals.different == 0 ? 0 : 1;
}

}  // namespace aiop::app
