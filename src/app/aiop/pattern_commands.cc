// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/words.h"
#include "core/learning/learning.h"

namespace aiop::app {
namespace {

using contexts::Home;
using PatternKey = store::Kind<model::Pattern>::Field;

bool IsSuggestion(const model::Pattern& pattern) {
  return pattern.recipe.kind == model::RecipeKind::kValidator;
}

Colour ColourOf(model::PatternState state) {
  switch (state) {
    case model::PatternState::kPromoted:
      return Colour::kGreen;
    case model::PatternState::kDemoted:
      return Colour::kRed;
    case model::PatternState::kCandidate:
      break;
  }
  return Colour::kYellow;
}

std::string ComponentsOf(const model::Pattern& pattern) {
  std::string text;
  for (const auto& [name, version] : pattern.components) {
    text += (text.empty() ? "" : ", ") + name + " " + version;
  }
  return text;
}

// "first 4 min 05 s, then 2.1 s": what the fix took when it was new, and what it takes since.
std::string TimesOf(const model::Pattern& pattern) {
  std::vector<int64_t> later;
  for (size_t i = 1; i < pattern.uses.size(); ++i) {
    if (pattern.uses[i].elapsed_ms > 0) later.push_back(pattern.uses[i].elapsed_ms);
  }
  if (pattern.uses.empty()) return "";
  std::string text = "first " + FormatDuration(Milliseconds{pattern.uses.front().elapsed_ms});
  if (later.empty()) return text;
  std::ranges::sort(later);
  return text + ", since then " + FormatDuration(Milliseconds{later[later.size() / 2]}) +
         (later.size() > 1 ? " (median)" : "");
}

void ShowFacts(Output& out, const model::Pattern& pattern) {
  const size_t width = out.paragraph_width();
  std::string text = "pattern      " + pattern.id + "\nversion      " +
                     std::to_string(pattern.version) + "\nstate        " +
                     std::string(describe::Name(pattern.state)) +
                     (pattern.because.empty() ? "" : ": " + Wrap(pattern.because, width, 13)) +
                     "\nheals        " + Wrap(pattern.title, width, 13) + "\nfingerprint  " +
                     pattern.fingerprint + "\nlearned in   plant " + pattern.plant + "\n";
  if (!pattern.components.empty()) {
    text += "elsewhere    where a motor shares " + ComponentsOf(pattern) + "\n";
  }
  text += "worked       " + std::to_string(pattern.successes) + " of " +
          std::to_string(pattern.successes + pattern.failures) + " times that are known\n";
  if (!pattern.uses.empty()) text += "took         " + TimesOf(pattern) + "\n";
  out.Text(text);
}

Result<model::Pattern> Named(Session& session, Home& home) {
  return FindRecord<model::Pattern>(home.ledger(), session.arguments().One("ID"));
}

}  // namespace

Result<int> PatternList(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(Home * home, session.Read());
  std::optional<std::pair<PatternKey, std::string>> key;
  if (arguments.Has("--state")) key = {PatternKey::kState, arguments.One("--state")};
  if (arguments.Has("--plant")) {
    AIOP_TRY(const auto plant, contexts::GetPlant(*home, arguments.One("--plant")));
    key = {PatternKey::kPlant, plant.name};
  }
  const bool suggestions = arguments.Has("--suggestions");
  AIOP_TRY(
      const auto page,
      ReadPage<model::Pattern>(home->ledger(), arguments, key, [&](const model::Pattern& each) {
        const bool state =
            !arguments.Has("--state") || describe::Name(each.state) == arguments.One("--state");
        return state && IsSuggestion(each) == suggestions;
      }));
  if (suggestions) {
    return ShowPage<model::Pattern>(
        session, page,
        Table({{"CHECK"},
               {"PLANT"},
               {"FAULT", Table::Align::kLeft, true},
               {"WHY", Table::Align::kLeft, true}}),
        [](const model::Pattern& each) {
          return std::vector<Cell>{each.id, each.plant, each.title, each.because};
        },
        "no checks are suggested");
  }
  return ShowPage<model::Pattern>(
      session, page,
      Table({{"PATTERN"},
             {"STATE"},
             {"WORKED", Table::Align::kRight},
             {"FAILED", Table::Align::kRight},
             {"PLANT"},
             {"BY"},
             {"TOOK"},
             {"HEALS", Table::Align::kLeft, true}}),
      [](const model::Pattern& each) {
        return std::vector<Cell>{
            each.id,
            Cell(std::string(describe::Name(each.state)), ColourOf(each.state)),
            std::to_string(each.successes),
            std::to_string(each.failures),
            each.plant,
            std::string(describe::Name(each.recipe.kind)),
            TimesOf(each),
            each.title};
      },
      "no patterns yet: a fix becomes one once after-care has confirmed it");
}

Result<int> PatternShow(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto pattern, Named(session, *home));
  Output& out = session.out();
  if (out.json()) {
    out.Document(describe::ToJson(pattern));
    return 0;
  }
  if (IsSuggestion(pattern)) {
    const size_t width = out.paragraph_width();
    out.Text("check        " + pattern.id + "\nplant        " + pattern.plant + "\nfault        " +
             Wrap(pattern.title, width, 13) + "\nwhy          " + Wrap(pattern.because, width, 13) +
             "\n\n" + pattern.recipe.text + "\n");
    out.Note("only a suggestion: put it into the motor's `validate` or its `accepts: schema`");
    return 0;
  }
  ShowFacts(out, pattern);
  const Timestamp now = Now();
  Table uses({{"USE"}, {"PLANT"}, {"OUTCOME"}, {"TOOK", Table::Align::kRight}, {"WHEN"}});
  for (const auto& each : pattern.uses) {
    uses.Add({"change " + each.change, each.plant, each.outcome,
              FormatDuration(Milliseconds{each.elapsed_ms}), Ago(each.at, now)});
  }
  if (!uses.empty()) {
    out.Text("\n");
    out.Show(uses);
  }
  out.Text("\n" + pattern.recipe.text + (pattern.recipe.text.ends_with('\n') ? "" : "\n"));
  return 0;
}

Result<int> PatternDemote(Session& session) {
  AIOP_TRY(Home * reading, session.Read());
  AIOP_TRY(const auto found, Named(session, *reading));
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(auto pattern, home->ledger().Get<model::Pattern>(found.id));
  learning::Demote(
      pattern, "demoted by " + Session::UserName() + ": " + session.arguments().One("--because"),
      Now());
  AIOP_CHECK_OK(home->ledger().Put(pattern));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(pattern));
  } else {
    session.out().Text("pattern " + pattern.id + ": demoted, it is not tried any more\n");
  }
  return 0;
}

Result<int> PatternExport(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto pattern, Named(session, *home));
  if (session.out().json()) {
    session.out().Document(describe::ToJson(pattern));
  } else {
    session.out().Text(json::PrettyText(describe::ToJson(pattern)) + "\n");
  }
  return 0;
}

}  // namespace aiop::app
