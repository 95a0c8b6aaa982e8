// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/export.h"

#include <algorithm>
#include <optional>

#include "base/file/file.h"
#include "control/snapshot/snapshot.h"

namespace aiop::app {
namespace {

namespace fs = std::filesystem;
using contexts::Home;

// Stands in request.json for the folder it lies in; run.sh puts the real one there.
constexpr std::string_view kHere = "@HERE@";
// Stands in a template for what differs between two occurrences.
constexpr std::string_view kGap = "<*>";

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

// What the failure looks like.
struct Expected {
  std::string title;      // its template
  std::string message;    // its text
  bool reported = false;  // by the plant itself
};

// How the motor is started by hand.
std::string StartLine(const model::MotorManifest& manifest) {
  if (!manifest.run.http.empty()) {
    return "curl -sSN -H 'Content-Type: application/json' --data-binary @- " +
           Quoted(manifest.run.http);
  }
  return CommandLine(manifest.run.command);
}

// Whether the text has the template's words in their order. Some templates say them in another way
// than the text did.
bool HasWordsOf(std::string_view text, std::string_view title) {
  while (!title.empty()) {
    const size_t gap = title.find(kGap);
    const size_t found = text.find(title.substr(0, gap));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + std::min(gap, title.size()));
    title.remove_prefix(gap == std::string_view::npos ? title.size() : gap + kGap.size());
  }
  return true;
}

// A regular expression (grep -E) for what distinguishes the failure in what the plant prints: the
// first line of its template, with any text where the template has a gap. A JSON string stands in
// the output as JSON writes it.
std::string Pattern(const std::string& title) {
  const std::string written = json::Text(json::Value(title.substr(0, title.find('\n'))));
  const std::string_view line(written.data() + 1, written.size() - 2);
  std::string pattern;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line.substr(i).starts_with(kGap)) {
      pattern += ".*";
      i += kGap.size() - 1;
    } else {
      if (std::string_view(".[]{}()*+?^$|\\").find(line[i]) != std::string_view::npos)
        pattern += '\\';
      pattern += line[i];
    }
  }
  return pattern;
}

// Runs the plant with the time limit of its motor, and answers its checkpoints if it waits for
// that.
std::string StartLines(const model::MotorManifest& manifest) {
  const std::string start = "timeout -k 5 " +
                            std::to_string(std::max<int64_t>(1, manifest.timeout_ms / 1000)) + " " +
                            StartLine(manifest);
  if (!manifest.acks || !manifest.run.http.empty()) {
    return start +
           " <\"$here/request.line\" >\"$here/output.ndjson\" 2>\"$here/errors.log\" || code=$?\n";
  }
  return "rm -f \"$here/acks\" \"$here/code\"\n"
         "mkfifo \"$here/acks\"\n"
         "exec 3<>\"$here/acks\"\n"
         "cat \"$here/request.line\" >&3\n"
         ": >\"$here/output.ndjson\"\n"
         "{ " +
         start +
         " <\"$here/acks\" 2>\"$here/errors.log\" 3>&- || echo $? >\"$here/code\"; } |\n"
         "  while IFS= read -r line; do\n"
         "    printf '%s\\n' \"$line\" >>\"$here/output.ndjson\"\n"
         "    name=$(printf '%s\\n' \"$line\" |\n"
         "      sed -n 's/^ *{ *\"checkpoint\" *: *\\(\"[^\"]*\"\\).*$/\\1/p')\n"
         "    [ -z \"$name\" ] || printf '{\"ack\":%s}\\n' \"$name\" >&3\n"
         "  done\n"
         "exec 3>&-\n"
         "[ ! -e \"$here/code\" ] || code=$(cat \"$here/code\")\n";
}

std::string Script(const model::MotorManifest& manifest, const Expected& expected) {
  std::string script =
      "#!/bin/sh\n"
      "# Reproduces the failure. Exit 0: it is there; 1: the plant succeeded; 2: it could not "
      "run;\n"
      "# 3: it failed in another way.\n"
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
      StartLines(manifest) +
      "cat \"$here/errors.log\" >&2\n"
      "if grep -q '\"result\"' \"$here/output.ndjson\" &&\n"
      "   grep '\"result\"' \"$here/output.ndjson\" | grep -Eq '\"status\" *: *\"success\"'; then\n"
      "  echo 'NOT reproduced: the plant succeeded' >&2\n"
      "  exit 1\n"
      "fi\n"
      "echo " +
      Quoted("expected: " + expected.message.substr(0, expected.message.find('\n'))) + " >&2\n";
  // A failure that the plant did not report shows in how it ended, not in what it wrote.
  if (expected.reported) {
    script += "if ! cat \"$here/output.ndjson\" \"$here/errors.log\" | grep -Eq -- " +
              Quoted(Pattern(expected.title)) +
              "; then\n"
              "  echo \"NOT reproduced: it failed in another way (exit $code); see output.ndjson "
              "and errors.log\" >&2\n"
              "  exit 3\n"
              "fi\n";
  }
  return script +
         "echo \"reproduced: the plant failed (exit $code); see output.ndjson and errors.log\" "
         ">&2\n";
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
                     "look for. `reduced/`, if it is there, has the least of the spec that\n"
                     "still fails this way.\n";
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

// The least of the spec that still fails, where an experiment found it.
Status PlaceReduced(Home& home, const model::Incident& incident, const model::AppVersion& version,
                    const fs::path& folder) {
  AIOP_TRY(const auto experiments,
           home.ledger().ListBy<model::Experiment>(store::Kind<model::Experiment>::Field::kIncident,
                                                   incident.id));
  for (const auto& experiment : experiments) {
    if (experiment.reduced_spec.empty() || experiment.app_ctx != version.reference) continue;
    AIOP_TRY(const std::string text, home.blobs().Get(experiment.reduced_spec));
    AIOP_CHECK_OK(file::MakeFolders(folder / "reduced"));
    return file::Write(folder / "reduced" / version.entry, text);
  }
  return {};
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
  AIOP_CHECK_OK(PlaceReduced(home, incident, version, folder));
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
  AIOP_TRY(const auto event, home.ledger().Get<model::StoredEvent>(occurrence.event));
  return file::Write(
      folder / "run.sh",
      Script(motor.manifest, {.title = incident.title,
                              .message = incident.example,
                              .reported = !event.envelope.payload.contains("exit") &&
                                          HasWordsOf(incident.example, incident.title)}),
      0755);
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
