// SPDX-License-Identifier: Apache-2.0
// init, help, search, policy, schema, completion, man.
#include <algorithm>

#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/manual.h"
#include "app/aiop/words.h"
#include "base/file/file.h"
#include "core/kpi/kpi.h"

namespace aiop::app {

using contexts::Home;

Result<int> Init(Session& session) {
  AIOP_TRY(Home * home, session.Own());
  if (session.out().json()) {
    session.out().Document(json::Object{{"home", home->folder().string()}});
  } else {
    session.out().Text(home->folder().string() + "\n");
    session.out().Note("next: aiop plant add NAME --motor PATH_OR_URL");
  }
  return 0;
}

Result<int> Help(Session& session) {
  AIOP_TRY(const std::string text, HelpText(Joined(session.arguments().All("COMMAND"), " ")));
  session.out().Text(text);
  return 0;
}

Result<int> Completion(Session& session) {
  AIOP_TRY(const std::string script, CompletionScript(session.arguments().One("SHELL")));
  session.out().Text(script);
  return 0;
}

Result<int> Man(Session& session) {
  session.out().Text(ManPage());
  return 0;
}

Result<int> ShowPolicy(Session& session) {
  Output& out = session.out();
  if (session.arguments().Has("--propositions")) {
    json::Array items;
    Table table({{"PROPOSITION"}, {"TRUE WHEN", Table::Align::kLeft, true}});
    for (const auto& [name, meaning] : policy::Propositions()) {
      items.push_back(json::Object{{"name", name}, {"meaning", meaning}});
      table.Add({name, meaning});
    }
    if (out.json()) {
      out.Document(ListDocument(std::move(items), ""));
    } else {
      out.Show(table);
    }
    return 0;
  }
  AIOP_TRY(const policy::Policy* rules, session.Policy());
  AIOP_TRY(const auto source, session.PolicyText());
  if (out.json()) {
    out.Document(
        json::Object{{"id", rules->Id()}, {"file", source.second}, {"text", source.first}});
  } else {
    out.Text(source.first);
  }
  return 0;
}

namespace {

// Of the records, and of the documents that commands print.
std::vector<std::pair<std::string, json::Value>> Schemas() {
  auto schemas = model::AllSchemas();
  for (auto& each : kpi::AllSchemas()) schemas.push_back(std::move(each));
  return schemas;
}

}  // namespace

Result<int> SchemaList(Session& session) {
  json::Array items;
  std::string text;
  const std::string folder = session.arguments().One("--write");
  if (!folder.empty()) AIOP_CHECK_OK(file::MakeFolders(folder));
  for (const auto& [name, schema] : Schemas()) {
    items.push_back(json::Object{{"name", name}});
    text += name + "\n";
    if (folder.empty()) continue;
    AIOP_CHECK_OK(
        file::Write(std::filesystem::path(folder) / (name + ".json"), json::PrettyText(schema)));
  }
  if (session.out().json()) {
    session.out().Document(ListDocument(std::move(items), ""));
  } else {
    session.out().Text(text);
  }
  return 0;
}

Result<int> SchemaShow(Session& session) {
  const std::string wanted = session.arguments().One("NAME");
  const auto schemas = Schemas();
  std::vector<std::string_view> names;
  for (const auto& [name, schema] : schemas) {
    if (name == wanted) {
      session.out().Document(schema);
      return 0;
    }
    names.push_back(name);
  }
  std::string near;
  for (const auto each : Nearest(wanted, names))
    near += (near.empty() ? "" : ", ") + std::string(each);
  return NotFound("no schema '" + wanted + "'" +
                  (near.empty() ? ": see 'aiop schema ls'" : "; did you mean " + near + "?"));
}

Result<int> Search(Session& session) {
  const Arguments& arguments = session.arguments();
  constexpr int64_t kDefaultHits = 50;
  AIOP_TRY(Home * home, session.Read());
  std::string run;
  if (arguments.Has("--run")) {
    AIOP_TRY(const auto record, FindRecord<model::Run>(home->ledger(), arguments.One("--run")));
    run = record.id;
  }
  AIOP_TRY(const auto hits, home->apps().database().SearchText(
                                Joined(arguments.All("TEXT"), " "), run, arguments.One("--step"),
                                static_cast<size_t>(arguments.Number("--limit", kDefaultHits))));
  Output& out = session.out();
  if (out.json()) {
    json::Array items;
    for (const auto& each : hits) {
      items.push_back(json::Object{{"run", each.run},
                                   {"attempt", each.attempt},
                                   {"step", each.step},
                                   {"snippet", json::ToValidUtf8(each.snippet)}});
    }
    out.Document(ListDocument(std::move(items), ""));
    return 0;
  }
  Table table({{"RUN"}, {"STEP"}, {"TEXT", Table::Align::kLeft, true}});
  for (const auto& each : hits) {
    std::string snippet = each.snippet;
    std::replace(snippet.begin(), snippet.end(), '\n', ' ');
    table.Add({each.run, each.step, snippet});
  }
  if (table.empty()) {
    out.Note("nothing found");
  } else {
    out.Show(table);
  }
  return 0;
}

}  // namespace aiop::app
