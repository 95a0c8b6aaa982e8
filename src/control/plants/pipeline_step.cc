// SPDX-License-Identifier: Apache-2.0
#include "control/plants/pipeline_step.h"

#include "base/file/file.h"
#include "base/yaml/yaml.h"
#include "control/plants/render.h"
#include "core/schema/schema.h"

namespace aiop::plants {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSpec = "spec";
constexpr size_t kViolationsInDetails = 5;

bool IsBelow(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_relative(folder);
  return StaysInside(relative);
}

StepEnd FailedBecause(StepFailure failure) {
  StepEnd end;
  end.failure = std::move(failure);
  return end;
}

StepFailure Broken(model::Scope scope, std::string details) {
  return {.scope = scope,
          .signal = scope == model::Scope::kApp ? model::SignalType::kValidation
                                                : model::SignalType::kError,
          .details = std::move(details),
          .more = {}};
}

StepFailure Violated(const std::string& document,
                     const std::vector<schema::Violation>& violations) {
  StepFailure failure{.scope = model::Scope::kApp,
                      .signal = model::SignalType::kValidation,
                      .details = {},
                      .more = {}};
  json::Array all;
  for (const auto& violation : violations) {
    if (all.size() < kViolationsInDetails) {
      failure.details += (all.empty() ? "" : "; ") + document +
                         (violation.instance_path.empty() ? "" : "#" + violation.instance_path) +
                         ": " + violation.message;
    }
    all.push_back(json::Object{{"path", violation.instance_path},
                               {"keyword", violation.keyword_path},
                               {"message", violation.message}});
  }
  if (all.size() > kViolationsInDetails) failure.details += "; ...";
  failure.more["violations"] = std::move(all);
  return failure;
}

}  // namespace

fs::path HostPath(const Execution& execution, const fs::path& seen) {
  if (!execution.sandbox) return seen;
  fs::path host = seen;
  size_t longest = 0;
  for (const auto* binds :
       {&execution.sandbox->bind_read_only, &execution.sandbox->bind_writable}) {
    for (const auto& [outside, inside] : *binds) {
      const size_t length = inside.native().size();
      if (length < longest || (seen != inside && !IsBelow(seen, inside))) continue;
      longest = length;
      host = seen == inside ? outside : outside / seen.lexically_relative(inside);
    }
  }
  return host;
}

Result<StepEnd> StepRunner::Do(const Step& step) {
  StepEnd end;
  if (step.exec) {
    AIOP_TRY(end, DoExec(step));
  } else {
    // A command's keeper holds the lock; here we do.
    std::optional<file::Lock> lock;
    if (!execution_.lock_file.empty()) {
      AIOP_TRY(lock, file::Lock::Acquire(execution_.lock_file, 0));
    }
    AIOP_TRY(end, step.render ? DoRender(step) : DoValidate(step));
  }
  if (!end.failure && end.close == Close::kItself) end.failure = CheckArtifacts(step);
  return end;
}

Result<StepEnd> StepRunner::DoRender(const Step& step) {
  const auto text =
      ReadInside(execution_.motor_folder, step.render->template_path, model::Scope::kMotor);
  if (!text) return FailedBecause(text.error());
  const auto data = ReadDocument(step.render->data);
  if (!data) return FailedBecause(data.error());
  const auto rendered = Render(*text, *data, step.render->escape);
  if (!rendered) {
    return FailedBecause(
        Broken(model::Scope::kMotor, step.render->template_path + ": " + rendered.error().message));
  }
  StepEnd end;
  end.failure = WriteInside(step.render->to, *rendered);
  return end;
}

Result<StepEnd> StepRunner::DoValidate(const Step& step) {
  const std::string& name = step.validate->schema;
  const auto text = ReadInside(execution_.motor_folder, name, model::Scope::kMotor);
  if (!text) return FailedBecause(text.error());
  const auto parsed = yaml::Parse(*text, name);
  if (!parsed) return FailedBecause(Broken(model::Scope::kMotor, parsed.error().message));
  const auto schema = schema::Schema::Compile(parsed->value);
  if (!schema) {
    return FailedBecause(Broken(model::Scope::kMotor, name + ": " + schema.error().message));
  }
  const auto document = ReadDocument(step.validate->document);
  if (!document) return FailedBecause(document.error());
  const auto violations = schema->Validate(*document);
  if (violations.empty()) return StepEnd();
  return FailedBecause(Violated(step.validate->document, violations));
}

// Links may not lead outside: in experiments we would follow them where the sandbox would not.
StepRunner::OrFailure<std::string> StepRunner::ReadInside(const fs::path& folder,
                                                          const std::string& path,
                                                          model::Scope scope) const {
  std::error_code error;
  const fs::path root = fs::canonical(folder, error);
  const fs::path real = error ? fs::path() : fs::canonical(folder / path, error);
  if (error) return std::unexpected(Broken(scope, path + ": " + error.message()));
  if (!IsBelow(real, root) || !fs::is_regular_file(real, error)) {
    return std::unexpected(Broken(scope, path + ": is no file inside its folder"));
  }
  auto text = file::Read(real, yaml::kTextLimitBytes);
  if (!text) return std::unexpected(Broken(scope, path + ": " + text.error().message));
  return *std::move(text);
}

StepRunner::OrFailure<json::Value> StepRunner::ReadDocument(const std::string& name) const {
  const auto& request = execution_.request;
  const bool is_spec = name == kSpec || name.starts_with("spec/");
  const auto scope = is_spec ? model::Scope::kApp : model::Scope::kMotor;
  fs::path folder = HostPath(execution_, is_spec ? request.app_spec_ref : request.work_dir);
  std::string path = name;
  if (name == kSpec) {
    if (fs::is_directory(folder)) {
      return std::unexpected(
          Broken(scope, "the spec is a folder: this step needs a spec of one file"));
    }
    path = folder.filename();
    folder = folder.parent_path();
  } else if (is_spec) {
    path = name.substr(kSpec.size() + 1);
  }
  auto text = ReadInside(folder, path, scope);
  if (!text) return std::unexpected(text.error());
  auto document = yaml::Parse(*text, name);
  if (!document) return std::unexpected(Broken(scope, document.error().message));
  return std::move(document->value);
}

std::optional<StepFailure> StepRunner::WriteInside(const std::string& path,
                                                   std::string_view text) const {
  std::error_code error;
  const fs::path root = fs::canonical(HostPath(execution_, execution_.request.work_dir), error);
  const fs::path real =
      error ? fs::path() : fs::weakly_canonical((root / path).parent_path(), error);
  if (error) return Broken(model::Scope::kMotor, path + ": " + error.message());
  if (real != root && !IsBelow(real, root)) {
    return Broken(model::Scope::kMotor, path + ": leads out of workDir");
  }
  if (const auto made = file::MakeFolders(real); !made) {
    return Broken(model::Scope::kMotor, path + ": " + made.error().message);
  }
  const auto written = file::Write(real / fs::path(path).filename(), text);
  if (!written) return Broken(model::Scope::kMotor, path + ": " + written.error().message);
  return std::nullopt;
}

std::optional<StepFailure> StepRunner::CheckArtifacts(const Step& step) const {
  const fs::path work = HostPath(execution_, execution_.request.work_dir);
  for (const auto& artifact : step.artifacts) {
    std::error_code error;
    if (!fs::exists(fs::symlink_status(work / artifact.path, error))) {
      return Broken(model::Scope::kMotor, "the artifact " + artifact.path + " was not made");
    }
  }
  return std::nullopt;
}

}  // namespace aiop::plants
