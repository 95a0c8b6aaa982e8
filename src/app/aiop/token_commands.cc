// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/commands.h"
#include "app/aiop/listing.h"
#include "app/aiop/words.h"
#include "control/access/access.h"

namespace aiop::app {
namespace {

using contexts::Home;

std::string TeamsOf(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// What may be shown: everything but the hash of the secret.
json::Object Shown(const model::Token& token) {
  json::Object shown = describe::ToJson(token).as_object();
  shown.erase("hash");
  return shown;
}

std::string StateOf(const model::Token& token, Timestamp now) {
  if (token.revoked) return "revoked";
  return token.expires && now > *token.expires ? "expired" : "good";
}

}  // namespace

Result<int> TokenAdd(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY([[maybe_unused]] const auto actor,
           session.Acting(model::Role::kAdmin, "", "make tokens"));
  std::optional<Timestamp> expires;
  if (arguments.Has("--expires")) {
    const auto span = model::ParseWindow(arguments.One("--expires"));
    if (!span) {
      return Invalid("--expires " + arguments.One("--expires") +
                     ": must be a number of days or hours, such as 30d or 12h");
    }
    expires = Now() + *span;
  }
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto made, access::Add(home->ledger(), arguments.One("NAME"),
                                        *describe::FromName<model::Role>(arguments.One("--role")),
                                        arguments.All("--team"), expires));
  Output& out = session.out();
  if (out.json()) {
    json::Object document = Shown(made.first);
    document["secret"] = made.second;
    out.Document(document);
    return 0;
  }
  out.Text(made.second + "\n");
  out.Note(made.first.name + " is " + std::string(describe::Name(made.first.role)) +
           " now. The secret is shown this once: AIOP_TOKEN=" + made.second + " aiop ...");
  return 0;
}

Result<int> TokenList(Session& session) {
  AIOP_TRY([[maybe_unused]] const auto actor,
           session.Acting(model::Role::kAdmin, "", "see the tokens"));
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto tokens, home->ledger().List<model::Token>());
  Output& out = session.out();
  if (out.json()) {
    json::Array items;
    for (const auto& token : tokens) items.push_back(Shown(token));
    out.Document(json::Object{{"items", items}, {"next", nullptr}});
    return 0;
  }
  const Timestamp now = Now();
  Table table({{"NAME"}, {"ROLE"}, {"TEAMS"}, {"STATE"}, {"EXPIRES"}, {"MADE"}});
  for (const auto& token : tokens) {
    table.Add({token.name, std::string(describe::Name(token.role)), TeamsOf(token.teams),
               StateOf(token, now), token.expires ? FormatTimestamp(*token.expires) : "",
               Ago(token.created, now)});
  }
  if (table.empty()) {
    out.Text("no tokens: the local user is admin\n");
  } else {
    out.Show(table);
  }
  return 0;
}

Result<int> TokenRevoke(Session& session) {
  AIOP_TRY([[maybe_unused]] const auto actor,
           session.Acting(model::Role::kAdmin, "", "revoke tokens"));
  AIOP_TRY(Home * home, session.Own());
  AIOP_TRY(const auto token, access::Revoke(home->ledger(), session.arguments().One("NAME")));
  if (session.out().json()) {
    session.out().Document(Shown(token));
  } else {
    session.out().Text("token of " + token.name + ": revoked\n");
  }
  return 0;
}

}  // namespace aiop::app
