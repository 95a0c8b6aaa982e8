// SPDX-License-Identifier: Apache-2.0
// What can be asked of a spec without running the plant.
#include <algorithm>
#include <set>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "base/yaml/yaml.h"
#include "control/experiments/experiments.h"
#include "core/schema/schema.h"
#include "core/spelling/spelling.h"

namespace aiop::experiments {
namespace {

namespace fs = std::filesystem;

constexpr size_t kReasonBytes = 400;
// So many specs that go through are shown to validators that object to one, to see whether they
// ever accept.
constexpr size_t kWitnesses = 3;

// Lines {"finding": {...}} and {"dialect": NAME}, or a SARIF log as a whole.
void ReadSarif(const json::Value& log, SpecOpinion& opinion) {
  const json::Value* runs = json::Member(log, "runs");
  if (!runs || !runs->is_array()) return;
  for (const json::Value& run : runs->get_array()) {
    const json::Value* results = json::Member(run, "results");
    if (!results || !results->is_array()) continue;
    for (const json::Value& result : results->get_array()) {
      if (opinion.findings.size() >= kFindingLimit) return;
      const std::string_view level = json::TextMember(result, "level");
      if (level == "note" || level == "none") continue;
      model::Finding finding;
      const json::Value* message = json::Member(result, "message");
      if (message) finding.message = json::TextMember(*message, "text");
      if (const json::Value* place =
              json::Find(result, "/locations/0/logicalLocations/0/fullyQualifiedName")) {
        if (place->is_string() && place->get_string().starts_with("/"))
          finding.path = place->get_string().c_str();
      }
      opinion.findings.push_back(std::move(finding));
    }
  }
}

void ReadLine(std::string_view line, SpecOpinion& opinion) {
  const auto value = json::Parse(line);
  if (!value || !value->is_object()) return;
  if (const json::Value* finding = json::Member(*value, "finding");
      finding && opinion.findings.size() < kFindingLimit) {
    auto decoded = describe::FromJson<model::Finding>(*finding, describe::Unknown::kIgnore);
    if (decoded) opinion.findings.push_back(*std::move(decoded));
  }
  const std::string dialect(json::TextMember(*value, "dialect"));
  if (!dialect.empty() && std::find(opinion.dialects.begin(), opinion.dialects.end(), dialect) ==
                              opinion.dialects.end()) {
    opinion.dialects.push_back(dialect);
  }
}

void ReadOutput(std::string_view out, SpecOpinion& opinion) {
  if (const auto whole = json::Parse(out); whole && json::Member(*whole, "runs"))
    return ReadSarif(*whole, opinion);
  size_t start = 0;
  while (start < out.size()) {
    const size_t end = std::min(out.find('\n', start), out.size());
    const std::string_view line = out.substr(start, end - start);
    if (line.starts_with("{")) ReadLine(line, opinion);
    start = end + 1;
  }
}

// What was probably meant where the schema refuses a word of the spec; empty if that is not plain.
std::string MeantAt(const json::Value& spec, const schema::Violation& violation) {
  const json::Value* found = json::Find(spec, violation.instance_path);
  if (found == nullptr || violation.allowed.empty()) return "";
  const bool is_value = violation.keyword_path.ends_with("/enum");
  if (is_value && !found->is_string()) return "";
  const std::string word =
      is_value ? std::string(found->get_string()) : json::LastKey(violation.instance_path);
  return spelling::MeantBy(word, violation.allowed).value_or("");
}

std::string Count(size_t number, std::string_view word) {
  return std::to_string(number) + " " + std::string(word) + (number == 1 ? "" : "s");
}

}  // namespace

Result<SpecOpinion> Harness::ValidateFolder(const contexts::Motor& motor,
                                            const fs::path& spec_folder, const std::string& entry) {
  AIOP_TRY(const fs::path checkout, contexts::Checkout(engine_.home(), motor));
  const fs::path spec = entry.empty() ? spec_folder : spec_folder / entry;
  SpecOpinion opinion{.accepted = true, .findings = {}, .dialects = {}};
  for (const auto& command : motor.manifest.validate) {
    sandbox::Policy policy;
    policy.read_only = {checkout, spec_folder};
    const auto expanded =
        plants::Expand(command, {{"spec", spec.string()}, {"motor", checkout.string()}});
    AIOP_TRY(const process::Output output,
             RunCommand(motor, expanded, checkout, policy, kValidatorTimeout));
    if (output.timed_out)
      return Fail(Code::kTimeout, "the validator " + command.front() + " did not finish in time");
    if (output.exit.signal != 0) {
      return Unavailable("the validator " + command.front() +
                         " crashed: " + output.exit.Describe());
    }
    if (sandbox::NeverStarted(output)) {
      const std::string why = output.err.empty() ? output.exit.Describe() : output.err;
      return Unavailable("the validator " + command.front() +
                         " could not be run: " + json::ToValidUtf8(why.substr(0, kReasonBytes)));
    }
    const size_t before = opinion.findings.size();
    ReadOutput(output.out, opinion);
    if (output.exit.code == 0) {
      // It accepts: what it said was advice.
      opinion.findings.resize(before);
      continue;
    }
    opinion.accepted = false;
    if (opinion.findings.size() == before) {
      std::string text = output.err.empty() ? output.out : output.err;
      opinion.findings.push_back(
          {.path = "", .message = json::ToValidUtf8(text.substr(0, kReasonBytes)), .meant = ""});
    }
  }
  return opinion;
}

Result<SpecOpinion> Harness::Validate(const contexts::Motor& motor, std::string_view spec_text,
                                      const std::string& file_name) {
  const fs::path folder = engine_.home().ExperimentFolder() / ("validate-" + NewId());
  AIOP_CHECK_OK(file::MakeFolders(folder));
  AIOP_CHECK_OK(file::Write(folder / file_name, spec_text));
  auto opinion = ValidateFolder(motor, folder, file_name);
  AIOP_CHECK_OK(file::RemoveTree(folder));
  return opinion;
}

// The specs that must work, then those of other apps that went through.
Result<std::vector<Harness::Witness>> Harness::WitnessesFor(const contexts::Motor& motor,
                                                            const model::AppVersion& app) {
  contexts::Home& home = engine_.home();
  std::vector<Witness> witnesses;
  AIOP_TRY(const auto golden, contexts::GoldenSpecs(home, motor));
  AIOP_TRY(const fs::path checkout, contexts::Checkout(home, motor));
  for (const std::string& path : golden) {
    if (witnesses.size() == kWitnesses) return witnesses;
    if (fs::is_regular_file(checkout / path)) {
      witnesses.push_back({.name = "golden " + path, .golden = checkout / path, .app = {}});
    }
  }
  AIOP_TRY(const auto runs, home.ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant,
                                                             motor.version.plant));
  std::set<std::string> seen{app.content_hash};
  for (const model::Run& run : runs) {
    if (witnesses.size() == kWitnesses) break;
    if (run.state != model::RunState::kSuccess || run.motor_commit != motor.version.commit)
      continue;
    AIOP_TRY(auto version, contexts::VersionOf(home, run.app_ctx));
    if (!seen.insert(version.content_hash).second) continue;
    witnesses.push_back({.name = "app " + run.app, .golden = {}, .app = std::move(version)});
  }
  return witnesses;
}

// Validators that accept nothing, not even what goes through, say nothing of this spec. Empty: no
// reason to doubt them.
Result<std::string> Harness::DoubtValidators(const contexts::Motor& motor,
                                             const model::AppVersion& app) {
  AIOP_TRY(const auto witnesses, WitnessesFor(motor, app));
  std::string names;
  bool golden = false;
  for (const Witness& each : witnesses) {
    const fs::path folder = engine_.home().ExperimentFolder() / ("validate-" + NewId());
    auto opinion = [&]() -> Result<SpecOpinion> {
      if (!each.golden.empty()) {
        AIOP_TRY(const std::string text, file::Read(each.golden));
        return Validate(motor, text, each.golden.filename());
      }
      AIOP_TRY([[maybe_unused]] const fs::path spec,
               contexts::PlaceSpec(engine_.home(), each.app, folder));
      return ValidateFolder(motor, folder, each.app.entry);
    }();
    AIOP_CHECK_OK(file::RemoveTree(folder));
    if (!opinion && opinion.error().code == Code::kCancelled)
      return std::unexpected(opinion.error());
    if (!opinion || opinion->accepted) return std::string();
    golden = golden || !each.golden.empty();
    names += (names.empty() ? "" : ", ") + each.name;
  }
  // One app may go through in spite of a defect.
  if (witnesses.empty() || (!golden && witnesses.size() < 2)) return std::string();
  return "the validators object to whatever they are shown, also to what goes through (" + names +
         "): their word says nothing";
}

Result<model::Experiment> Harness::AskValidators(const Asker& asker, const model::Run& run,
                                                 const model::AppVersion& app,
                                                 const contexts::Motor& motor) {
  AIOP_TRY(model::Experiment experiment,
           Begin(asker, model::ExperimentKind::kValidators, run, app, motor));
  experiment.question =
      "Do independent validators accept the spec of " + app.reference.Text() + "?";
  Hasher memo;
  for (const auto& command : motor.manifest.validate) {
    for (const auto& word : command) memo.AddField(word);
  }
  memo.AddField("validators " + std::to_string(kHarnessVersion));
  memo.AddField(app.content_hash);
  memo.AddField(motor.version.content_hash);
  experiment.memo = memo.Finish();
  AIOP_TRY(auto known, Remembered(experiment.memo, asker, experiment));
  if (known) return *std::move(known);
  if (motor.manifest.validate.empty()) {
    experiment.answer = "the motor names no validators";
    return Remember(std::move(experiment));
  }
  const fs::path folder = engine_.home().ExperimentFolder() / experiment.id;
  auto opinion = [&]() -> Result<SpecOpinion> {
    AIOP_TRY([[maybe_unused]] const fs::path spec,
             contexts::PlaceSpec(engine_.home(), app, folder / "spec"));
    return ValidateFolder(motor, folder / "spec", app.entry);
  }();
  AIOP_CHECK_OK(file::RemoveTree(folder));
  if (!opinion) {
    if (opinion.error().code == Code::kCancelled) return std::unexpected(opinion.error());
    experiment.answer = opinion.error().message;
    return Remember(std::move(experiment));
  }
  if (!opinion->accepted) {
    AIOP_TRY(const std::string doubt, DoubtValidators(motor, app));
    if (!doubt.empty()) {
      experiment.answer = doubt;
      return Remember(std::move(experiment));
    }
  }
  experiment.findings = opinion->findings;
  experiment.dialects = opinion->dialects;
  experiment.result =
      opinion->accepted ? model::ExperimentResult::kPassed : model::ExperimentResult::kOtherFailure;
  experiment.answer =
      opinion->accepted
          ? Count(motor.manifest.validate.size(), "independent validator") + " accepted the spec"
          : "independent validators object: " + Count(opinion->findings.size(), "finding") +
                ", first: " +
                (opinion->findings.empty()
                     ? ""
                     : opinion->findings.front().path + " " + opinion->findings.front().message);
  return Remember(std::move(experiment));
}

Result<model::Experiment> Harness::AskDeclared(const Asker& asker, const model::Run& run,
                                               const model::AppVersion& app,
                                               const contexts::Motor& motor) {
  AIOP_TRY(model::Experiment experiment,
           Begin(asker, model::ExperimentKind::kDeclared, run, app, motor));
  const model::Accepts& accepts = motor.manifest.accepts;
  experiment.question = "Does motor " + motor.version.reference.Text() + " declare that it takes " +
                        app.reference.Text() + "?";
  experiment.memo = HashBytes("declared " + std::to_string(kHarnessVersion) + app.content_hash +
                              motor.version.content_hash);
  AIOP_TRY(auto known, Remembered(experiment.memo, asker, experiment));
  if (known) return *std::move(known);
  const auto answer = [&](model::ExperimentResult result, std::string text) {
    experiment.result = result;
    experiment.answer = std::move(text);
    return Remember(std::move(experiment));
  };
  if (accepts.schema.empty() && accepts.dialects.empty()) {
    return answer(model::ExperimentResult::kNotPossible,
                  "the motor declares nothing about what it accepts");
  }
  if (!accepts.dialects.empty()) {
    AIOP_TRY(const auto validators, AskValidators(asker, run, app, motor));
    experiment.dialects = validators.dialects;
    for (const std::string& dialect : validators.dialects) {
      if (std::find(accepts.dialects.begin(), accepts.dialects.end(), dialect) ==
          accepts.dialects.end()) {
        return answer(model::ExperimentResult::kOtherFailure,
                      "the spec is " + dialect + ", which this motor version does not declare");
      }
    }
    if (validators.dialects.empty() && accepts.schema.empty()) {
      return answer(model::ExperimentResult::kNotPossible,
                    "no validator reported the spec's dialect");
    }
  }
  if (!accepts.schema.empty() && !app.entry.empty()) {
    AIOP_TRY(const auto repository, contexts::OpenRepository(engine_.home(), motor.version.plant));
    const auto schema_text = repository.ReadFile(motor.version.commit, accepts.schema);
    if (!schema_text) {
      return answer(model::ExperimentResult::kNotPossible, schema_text.error().message);
    }
    AIOP_TRY(const std::string spec_text,
             snapshot::ReadFile(engine_.home().blobs(), app.root, app.entry));
    AIOP_TRY(const auto schema_document, yaml::Parse(*schema_text, accepts.schema));
    const auto spec = yaml::Parse(spec_text, app.entry);
    if (!spec) return answer(model::ExperimentResult::kOtherFailure, spec.error().message);
    const auto schema = schema::Schema::Compile(schema_document.value);
    if (!schema)
      return answer(model::ExperimentResult::kNotPossible,
                    accepts.schema + ": " + schema.error().message);
    for (const auto& violation : schema->Validate(spec->value)) {
      experiment.findings.push_back({.path = violation.instance_path,
                                     .message = violation.message,
                                     .meant = MeantAt(spec->value, violation)});
    }
    if (!experiment.findings.empty()) {
      return answer(model::ExperimentResult::kOtherFailure,
                    "the spec is outside the schema this motor version declares: " +
                        experiment.findings.front().path + " " +
                        experiment.findings.front().message);
    }
  }
  return answer(model::ExperimentResult::kPassed,
                "the spec is inside what this motor version declares");
}

}  // namespace aiop::experiments
