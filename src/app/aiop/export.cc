// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/export.h"

#include <optional>

#include "base/file/file.h"
#include "control/snapshot/snapshot.h"

namespace aiop::app {
namespace {

namespace fs = std::filesystem;
using contexts::Home;

// Stands in request.json for the folder it lies in; run.sh puts the real one there.
constexpr std::string_view kHere = "@HERE@";

// A word for a POSIX shell.
std::string Quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) c == '\'' ? text += "'\\''" : text += c;
  return text + "'";
}

std::string CommandLine(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& each : words) line += (line.empty() ? "" : " ") + Quoted(each);
  return line;
}

// How the motor is started by hand.
std::string StartLine(const model::MotorManifest& manifest) {
  if (!manifest.run.http.empty()) {
    return "curl -sSN -H 'Content-Type: application/json' --data-binary @- " +
           Quoted(manifest.run.http);
  }
  return CommandLine(manifest.run.command);
}

std::string Script(const model::MotorManifest& manifest, const std::string& message) {
  const std::string first_line = message.substr(0, message.find('\n'));
  std::string script =
      "#!/bin/sh\n"
      "# Reproduces the failure. Exit 0: it is there; 1: the plant succeeded; 2: it could not "
      "run.\n"
      "set -eu\n"
      "here=$(cd \"$(dirname \"$0\")\" && pwd)\n"
      "rm -rf \"$here/work\"\n"
      "cp -R \"$here/start\" \"$here/work\"\n";
  if (!manifest.setup.empty()) {
    script += "[ -e \"$here/.set-up\" ] || { (cd \"$here/motor\" && " +
              CommandLine(manifest.setup) + " >&2) || exit 2; : >\"$here/.set-up\"; }\n";
  }
  script +=
      "escaped=$(printf '%s' \"$here\" | sed 's/[&|\\\\]/\\\\&/g')\n"
      "sed \"s|" +
      std::string(kHere) +
      "|$escaped|g\" \"$here/request.json\" >\"$here/request.line\"\n"
      "cd \"$here/motor\"\n"
      "code=0\n" +
      StartLine(manifest) +
      " <\"$here/request.line\" >\"$here/output.ndjson\" 2>\"$here/errors.log\" || code=$?\n"
      "cat \"$here/errors.log\" >&2\n"
      "if grep -q '\"result\"' \"$here/output.ndjson\" &&\n"
      "   grep '\"result\"' \"$here/output.ndjson\" | grep -Eq '\"status\" *: *\"success\"'; then\n"
      "  echo 'NOT reproduced: the plant succeeded' >&2\n"
      "  exit 1\n"
      "fi\n"
      "echo \"reproduced: the plant failed (exit $code); see output.ndjson and errors.log\" >&2\n"
      "echo " +
      Quoted("expected: " + first_line) + " >&2\n";
  return script;
}

std::string Readme(const model::Incident& incident, const model::Run& run,
                   const model::MotorManifest& manifest, const std::string& checkpoint) {
  std::string text = "# Incident " + incident.id + "\n\n" + incident.title + "\n\n- app " +
                     run.app + (run.profile.empty() ? "" : ", profile " + run.profile) +
                     "\n- motor " + run.motor_ctx.Text() + "\n- fingerprint " +
                     incident.fingerprint + " (" + incident.grouped_by + ")\n- it went on from " +
                     (checkpoint.empty() ? "the start" : "checkpoint `" + checkpoint + "`") +
                     "\n\n`./run.sh` reproduces the failure; aiop is not needed. `motor/` is the "
                     "motor version as it was,\n`spec/` the app's spec, `start/` the work folder "
                     "before the failing step, `request.json` what\nthe plant is sent "
                     "(" +
                     std::string(kHere) +
                     " stands for this folder), `expected.json` what to "
                     "look for.\n";
  if (!manifest.setup.empty()) {
    text += "The first start runs the motor's setup in `motor/`: `" + CommandLine(manifest.setup) +
            "`.\n";
  }
  return text;
}

struct Failure {
  model::Run run;
  model::Occurrence occurrence;
  std::optional<model::Checkpoint> from;
};

Result<Failure> FirstFailure(Home& home, const model::Incident& incident) {
  auto& ledger = home.ledger();
  AIOP_TRY(const auto occurrences,
           ledger.ListBy<model::Occurrence>(store::Kind<model::Occurrence>::Field::kIncident,
                                            incident.id));
  if (occurrences.empty()) {
    return NotFound("incident " + incident.id + " has no occurrence that could be reproduced");
  }
  Failure failure;
  failure.occurrence = occurrences.front();
  AIOP_TRY(failure.run, ledger.Get<model::Run>(failure.occurrence.run));
  AIOP_TRY(const auto checkpoints,
           ledger.ListBy<model::Checkpoint>(store::Kind<model::Checkpoint>::Field::kRun,
                                            failure.run.id));
  for (const auto& each : checkpoints) {
    if (each.name == failure.occurrence.after_checkpoint) failure.from = each;
  }
  return failure;
}

model::PlantRunRequest RequestFor(const Failure& failure, const model::AppVersion& version,
                                  const contexts::Motor& motor) {
  const std::string here(kHere);
  model::PlantRunRequest request;
  request.app_spec_ref = here + "/spec" + (version.entry.empty() ? "" : "/" + version.entry);
  if (!failure.run.profile.empty()) request.profile_targets = {failure.run.profile};
  request.motor_version = motor.manifest.version;
  request.run_mode = failure.from ? model::RunMode::kResume : model::RunMode::kFresh;
  if (failure.from) {
    request.checkpoint = failure.from->name;
    request.state = failure.from->state;
  }
  request.trace_id = failure.run.id;
  request.motor_ref = here + "/motor";
  if (motor.manifest.run.http.empty()) request.work_dir = here + "/work";
  request.step_key = failure.run.id + ":" + request.checkpoint;
  // Whoever reproduces a failure wants none of its outside effects.
  request.purpose = model::Purpose::kExperiment;
  return request;
}

Status Fill(Home& home, const model::Incident& incident, const fs::path& folder) {
  AIOP_TRY(const Failure failure, FirstFailure(home, incident));
  const auto& occurrence = failure.occurrence;
  AIOP_TRY(const auto version, contexts::VersionOf(home, occurrence.app_ctx));
  AIOP_TRY(const auto motor, contexts::MotorAt(home, incident.plant, occurrence.motor_ctx.version));
  if (!motor.manifest.run.pipeline.empty()) {
    return Invalid("plant '" + incident.plant +
                   "' is a pipeline, which only aiop can run: its incidents cannot be exported");
  }
  AIOP_CHECK_OK(file::MakeFolders(folder));
  AIOP_TRY(const auto repository, contexts::OpenRepository(home, incident.plant));
  AIOP_CHECK_OK(
      home.checkouts().Scratch(repository, motor.version.commit, folder / "motor", {.argv = {}}));
  AIOP_TRY([[maybe_unused]] const fs::path spec,
           contexts::PlaceSpec(home, version, folder / "spec"));
  AIOP_CHECK_OK(file::MakeFolders(folder / "start"));
  if (failure.from && !failure.from->root.empty()) {
    AIOP_CHECK_OK(snapshot::Restore(home.blobs(), failure.from->root, folder / "start"));
  }
  const std::string checkpoint = failure.from ? failure.from->name : "";
  AIOP_CHECK_OK(
      file::Write(folder / "request.json",
                  json::Text(describe::ToJson(RequestFor(failure, version, motor))) + "\n"));
  AIOP_CHECK_OK(file::Write(folder / "expected.json",
                            json::PrettyText(json::Object{{"incident", incident.id},
                                                          {"fingerprint", incident.fingerprint},
                                                          {"grouped_by", incident.grouped_by},
                                                          {"title", incident.title},
                                                          {"message", incident.example}})));
  AIOP_CHECK_OK(
      file::Write(folder / "README.md", Readme(incident, failure.run, motor.manifest, checkpoint)));
  return file::Write(folder / "run.sh", Script(motor.manifest, incident.example), 0755);
}

}  // namespace

Status Export(Home& home, const model::Incident& incident, const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return Invalid(folder.string() + " exists already");
  const fs::path whole = fs::absolute(folder, error);
  const Status filled = Fill(home, incident, whole);
  if (filled) return {};
  AIOP_CHECK_OK(file::RemoveTree(whole));
  return filled;
}

}  // namespace aiop::app
