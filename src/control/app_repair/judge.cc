// SPDX-License-Identifier: Apache-2.0
#include "control/app_repair/judge.h"

#include "base/yaml/yaml.h"
#include "control/app_repair/candidate.h"

namespace aiop::app_repair {
namespace {

void AddFindings(const std::vector<model::Finding>& findings, mend::Opinion& opinion) {
  for (const model::Finding& each : findings) {
    opinion.objections.push_back({.pointer = each.path,
                                  .message = each.message,
                                  .meant = each.meant,
                                  .allowed = {},
                                  .keyword = ""});
  }
}

}  // namespace

Result<Judge> Judge::Create(engine::Engine& engine, experiments::Harness& harness,
                            const contexts::Motor& motor) {
  Judge judge(engine, harness, motor);
  const std::string& file = motor.manifest.accepts.schema;
  if (file.empty()) return judge;
  AIOP_TRY(const auto repository, contexts::OpenRepository(engine.home(), motor.version.plant));
  const auto text = repository.ReadFile(motor.version.commit, file);
  if (!text) return judge;
  const auto document = yaml::Parse(*text, file);
  if (!document) return judge;
  auto compiled = schema::Schema::Compile(document->value);
  if (!compiled) return judge;
  judge.document_ = document->value;
  judge.schema_ = *std::move(compiled);
  return judge;
}

Result<mend::Opinion> Judge::Text(std::string_view text, const std::string& file_name) const {
  mend::Opinion opinion{.accepted = true, .objections = {}};
  if (schema_) {
    const auto spec = yaml::Parse(text, file_name);
    opinion.accepted = spec.has_value();
    if (!spec) return opinion;
    for (auto& each : schema_->Validate(spec->value)) {
      opinion.accepted = false;
      opinion.objections.push_back({.pointer = each.instance_path,
                                    .message = each.message,
                                    .meant = "",
                                    .allowed = std::move(each.allowed),
                                    .keyword = each.keyword_path});
    }
  }
  if (motor_.manifest.validate.empty()) return opinion;
  AIOP_TRY(const auto said, harness_->Validate(motor_, text, file_name));
  if (said.accepted) return opinion;
  opinion.accepted = false;
  AddFindings(said.findings, opinion);
  return opinion;
}

Result<mend::Opinion> Judge::Folder(
    const Subject& subject, const std::map<std::string, std::optional<std::string>>& files) const {
  AIOP_TRY(const auto candidate, WithFiles(engine_->home(), subject.app, files));
  // Of no incident: what is said of these specs is no evidence about the failing one.
  const experiments::Asker nobody{};
  AIOP_TRY(const auto said, harness_->AskValidators(nobody, subject.run, candidate, motor_));
  if (said.result == model::ExperimentResult::kNotPossible) return Unavailable(said.answer);
  mend::Opinion opinion{.accepted = said.result == model::ExperimentResult::kPassed,
                        .objections = {}};
  AddFindings(said.findings, opinion);
  return opinion;
}

}  // namespace aiop::app_repair
