// SPDX-License-Identifier: Apache-2.0
// What runs made, and where it comes from: artifact ls, provenance, verify.
#include <functional>

#include "app/aiop/commands.h"
#include "app/aiop/input.h"
#include "app/aiop/listing.h"
#include "app/aiop/parts.h"
#include "base/file/file.h"
#include "control/provenance/provenance.h"

namespace aiop::app {
namespace {

namespace fs = std::filesystem;
using contexts::Home;
using ArtifactKey = store::Kind<model::Artifact>::Field;
using Records = std::vector<model::Provenance>;

// An artifact may be called anything; its record's file may not.
std::string FileNameOf(std::string_view artifact) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string name;
  for (const char each : artifact) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') ||
                       (each >= '0' && each <= '9') || each == '-' || each == '_' ||
                       (each == '.' && !name.empty());
    if (plain) {
      name += each;
    } else {
      name += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return name + ".provenance.json";
}

Result<std::vector<model::Artifact>> ArtifactsOf(Home& home, const model::Run& run,
                                                 const std::string& id) {
  if (id.empty()) return home.apps().ListBy<model::Artifact>(ArtifactKey::kRun, run.id);
  AIOP_TRY(const auto artifact, home.apps().Find<model::Artifact>(run.id + "/" + id));
  if (!artifact) {
    return NotFound("run " + run.id + " has no artifact '" + id.substr(0, 100) +
                    "': see aiop artifact ls " + run.id);
  }
  return std::vector{*artifact};
}

Result<Records> RecordsOf(Session& session, Home& home) {
  const std::string id = session.arguments().One("ID");
  AIOP_TRY(const auto run, FindRecord<model::Run>(home.ledger(), session.arguments().One("RUN")));
  AIOP_TRY(const auto artifacts, ArtifactsOf(home, run, id));
  std::string key;
  if (const std::string name = session.SigningKey(); !name.empty()) {
    AIOP_TRY(key, ReadInput(name, provenance::kKeyLimitBytes));
  }
  Records records;
  for (const auto& each : artifacts) {
    if (each.hash.empty() && id.empty()) {
      session.out().Note("artifact '" + each.id + "' has no content: left out");
      continue;
    }
    AIOP_TRY(auto record, provenance::Describe(home, run, each));
    if (!session.SigningKey().empty()) {
      const auto done = provenance::Sign(record, key);
      if (!done) return std::unexpected(done.error().Within(session.SigningKey()));
    }
    records.push_back(std::move(record));
  }
  return records;
}

Status WriteRecords(Session& session, const Records& records, const fs::path& folder) {
  AIOP_CHECK_OK(file::MakeFolders(folder));
  for (const auto& each : records) {
    const fs::path path = folder / FileNameOf(each.artifact.substr(each.run.size() + 1));
    AIOP_CHECK_OK(file::WriteDurably(path, json::PrettyText(describe::ToJson(each))));
    session.out().Note("wrote " + path.string());
  }
  return {};
}

// One thing that was checked about a file.
struct Finding {
  std::string what;
  std::string result;  // ok, failed, not checked
  std::string because;
};

Finding FindingOf(std::string what, const Status& status) {
  if (status) return {std::move(what), "ok", ""};
  return {std::move(what), "failed", status.error().message};
}

Result<Finding> SignatureFinding(Session& session, const model::Provenance& record) {
  if (session.arguments().Has("--public-key")) {
    AIOP_TRY(const std::string key,
             ReadInput(session.arguments().One("--public-key"), provenance::kKeyLimitBytes));
    return FindingOf("signature", provenance::CheckSignature(record, key));
  }
  return Finding{"signature", "not checked",
                 record.signature.empty() ? "the record is not signed" : "give --public-key"};
}

Result<Finding> HomeFinding(Session& session, const model::Provenance& record) {
  AIOP_TRY(const fs::path folder, session.HomeFolder());
  std::error_code error;
  if (!fs::exists(folder / "home.json", error)) {
    return Finding{"run and motor", "not checked", "there is no home at " + folder.string()};
  }
  AIOP_TRY(Home * home, session.Read());
  return FindingOf("run and motor", provenance::CheckKnown(*home, record));
}

}  // namespace

Result<int> ArtifactList(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const auto run, FindRecord<model::Run>(home->ledger(), session.arguments().One("RUN")));
  AIOP_TRY(const auto page, ReadPage<model::Artifact>(home->apps(), session.arguments(),
                                                      std::pair(ArtifactKey::kRun, run.id)));
  return ShowPage<model::Artifact>(
      session, page,
      Table({{"ARTIFACT"}, {"ROLE"}, {"PATH", Table::Align::kLeft, true}, {"HASH"}, {"MOTOR"}}),
      [](const model::Artifact& each) {
        return std::vector<Cell>{each.id, each.role, each.path, each.hash.substr(0, 12),
                                 each.motor_ctx.Text()};
      },
      "no artifacts");
}

Result<int> ArtifactProvenance(Session& session) {
  AIOP_TRY(Home * home, session.Read());
  AIOP_TRY(const Records records, RecordsOf(session, *home));
  if (session.arguments().Has("--out")) {
    AIOP_CHECK_OK(WriteRecords(session, records, session.arguments().One("--out")));
  }
  Output& out = session.out();
  if (out.json()) {
    json::Array items;
    for (const auto& each : records) items.push_back(describe::ToJson(each));
    out.Document(ListDocument(std::move(items), ""));
    return 0;
  }
  for (const auto& each : records) {
    if (&each != &records.front()) out.Text("\n");
    Table facts({{"ARTIFACT"}, {each.artifact, Table::Align::kLeft, true}});
    facts.Add({"hash", each.hash});
    facts.Add({"app", each.app_ctx.Text()});
    facts.Add({"motor", each.motor_ctx.Text()});
    facts.Add({"made", FormatTimestamp(each.made)});
    for (const auto& check : each.checks) facts.Add({"motor passed", check});
    facts.Add({"signed", each.signature.empty() ? "no" : "with key " + each.key.substr(0, 12)});
    out.Show(facts);
  }
  if (records.empty()) out.Note("no artifacts");
  return 0;
}

Result<int> ArtifactVerify(Session& session) {
  const Arguments& arguments = session.arguments();
  AIOP_TRY(const std::string text,
           ReadInput(arguments.One("--provenance"), provenance::kRecordLimitBytes));
  const auto record = describe::FromText<model::Provenance>(text);
  if (!record) return std::unexpected(record.error().Within(arguments.One("--provenance")));
  AIOP_TRY(const std::string content, ReadInput(arguments.One("FILE"), file::kReadLimitBytes));
  AIOP_TRY(Finding signature, SignatureFinding(session, *record));
  AIOP_TRY(Finding known, HomeFinding(session, *record));
  const std::vector<Finding> findings = {
      FindingOf("content", provenance::CheckContent(*record, content)), std::move(signature),
      std::move(known)};
  bool good = true;
  json::Array items;
  Table table({{"CHECK"}, {"RESULT"}, {"BECAUSE", Table::Align::kLeft, true}});
  for (const auto& each : findings) {
    const bool failed = each.result == "failed";
    good = good && !failed;
    items.push_back(
        json::Object{{"check", each.what}, {"result", each.result}, {"because", each.because}});
    table.Add({each.what,
               Cell(each.result, failed                ? Colour::kRed
                                 : each.result == "ok" ? Colour::kGreen
                                                       : Colour::kNone),
               each.because});
  }
  if (session.out().json()) {
    session.out().Document(
        json::Object{{"artifact", record->artifact}, {"ok", good}, {"checks", std::move(items)}});
  } else {
    session.out().Show(table);
  }
  return good ? 0 : 1;
}

std::vector<Command> ArtifactCommands() {
  return {
      {.path = "artifact",
       .summary = "What runs made, and where it comes from",
       .details = "",
       .examples = {"aiop artifact ls 0199f2c4"}},
      {.path = "artifact ls",
       .summary = "List the artifacts of a run",
       .details = "",
       .arguments = {Id("RUN", "The run.")},
       .options = Listing({}),
       .examples = {"aiop artifact ls 0199f2c4"},
       .handler = ArtifactList},
      {.path = "artifact provenance",
       .summary = "Tell which app, motor and checks an artifact comes from, and sign it",
       .details = "Only for a run that ended in SUCCESS. Signed with Ed25519 if there is a key "
                  "(`openssl genpkey -algorithm ed25519`). Made again, it is the same.",
       .arguments = {Id("RUN", "The run."),
                     {.name = "ID", .help = "Only this artifact.", .count = Count::kOptional}},
       .options = {Of(Kind::kFile,
                      Text("--key", "FILE", "The private key, in PEM (also $AIOP_SIGNING_KEY).")),
                   Of(Kind::kFolder,
                      Text("--out", "DIR", "Also write ID.provenance.json for each here."))},
       .examples = {"aiop artifact provenance 0199f2c4 --key release.pem --out ./provenance"},
       .handler = ArtifactProvenance},
      {.path = "artifact verify",
       .summary = "Check a file against its provenance",
       .details =
           "Its content, the signature if --public-key is given, and, where there is a home, "
           "that it knows the run and the motor version. Ends with 1 if any fails.",
       .arguments = {{.name = "FILE", .help = "The artifact.", .kind = Kind::kFile}},
       .options = {Required(Of(Kind::kFile, Text("--provenance", "FILE", "Its record."))),
                   Of(Kind::kFile, Text("--public-key", "FILE", "The signer's key, in PEM."))},
       .examples = {"aiop artifact verify page.html --provenance page.html.provenance.json "
                    "--public-key release.pub"},
       .handler = ArtifactVerify},
  };
}

}  // namespace aiop::app
