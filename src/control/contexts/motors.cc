// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>

#include <algorithm>

#include "base/hash/hash.h"
#include "base/identity/identity.h"
#include "base/process/process.h"
#include "base/yaml/yaml.h"
#include "control/contexts/contexts.h"
#include "control/plants/plants.h"
#include "core/redact/redact.h"
#include "core/schema/schema.h"
#include "core/version/version.h"

namespace aiop::contexts {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kManifestName = "motor.yaml";
// How many tagged versions are taken in when a plant is added: the newest.
constexpr size_t kAdoptedVersions = 100;

std::string Located(const yaml::Document& document,
                    const std::vector<describe::Problem>& problems) {
  std::string text;
  for (size_t i = 0; i < problems.size() && i < describe::kProblemsShown; ++i) {
    if (i > 0) text += "\n";
    text += std::string(kManifestName) + ":" +
            std::to_string(yaml::LineOf(document, problems[i].path)) + ": " +
            (problems[i].path.empty() ? "/" : problems[i].path) + " " + problems[i].message;
  }
  return text;
}

// Where a version already tagged must be what its tag says.
Status CheckTag(const motors::Repository& repository, const model::MotorVersion& version) {
  AIOP_TRY(const auto tags, repository.Tags());
  for (const auto& tag : tags) {
    if (tag.name != "v" + version.reference.version || tag.commit == version.commit) continue;
    AIOP_TRY(const std::string tagged, repository.ContentHash(tag.commit));
    if (tagged == version.content_hash) continue;
    return Invalid("motor.yaml: /version " + version.reference.version + " is tagged " + tag.name +
                   " with other content than " + version.commit.substr(0, 12) +
                   ": raise the version");
  }
  return {};
}

// A glob of the manifest that matches no file, a file that is not there, a pattern that is none:
// found when a motor is added, not when it first runs.
std::vector<describe::Problem> MissingReferences(const model::MotorManifest& manifest,
                                                 const std::vector<motors::FileEntry>& files) {
  std::vector<describe::Problem> problems;
  const auto there = [&](const std::string& path) {
    return std::any_of(files.begin(), files.end(),
                       [&](const motors::FileEntry& file) { return file.path == path; });
  };
  const auto need = [&](const std::string& path, const std::string& pointer) {
    if (!path.empty() && !there(path))
      problems.push_back({pointer, "names " + path + ", which is not in the motor"});
  };
  need(manifest.accepts.schema, "/accepts/schema");
  need(manifest.run.pipeline, "/run/pipeline");
  for (size_t i = 0; i < manifest.golden.size(); ++i) {
    const bool matches =
        std::any_of(files.begin(), files.end(), [&](const motors::FileEntry& file) {
          return fnmatch(manifest.golden[i].c_str(), file.path.c_str(), FNM_PATHNAME) == 0;
        });
    if (!matches) problems.push_back({json::Child("/golden", i), "matches no file of the motor"});
  }
  for (size_t i = 0; i < manifest.redact.size(); ++i) {
    if (const auto redactor = redact::Redactor::Create({manifest.redact[i]}); !redactor) {
      problems.push_back({json::Child("/redact", i), redactor.error().message});
    }
  }
  // A program that set-up brings is not here yet.
  const auto program = [&](const std::vector<std::string>& command, const std::string& pointer) {
    if (command.empty() || !manifest.setup.empty()) return;
    const std::string& name = command.front();
    const bool path = name.find('/') != std::string::npos;
    const std::string plain = name.starts_with("./") ? name.substr(2) : name;
    if (path && name.front() != '/' && !there(plain)) {
      problems.push_back({pointer, "names the program " + name + ", which is not in the motor"});
    } else if (!path && !process::FindProgram(name, process::CleanEnvironment("/")["PATH"])) {
      problems.push_back({pointer, "names the program " + name + ", which is not on the PATH"});
    }
  };
  program(manifest.run.command, "/run");
  for (size_t i = 0; i < manifest.validate.size(); ++i)
    program(manifest.validate[i], json::Child("/validate", i));
  return problems;
}

// What the manifest names has to be usable, not only there.
Status CheckReferenced(const motors::Repository& repository, const std::string& revision,
                       const model::MotorManifest& manifest) {
  if (const std::string& name = manifest.run.pipeline; !name.empty()) {
    AIOP_TRY(const std::string text, repository.ReadFile(revision, name));
    AIOP_CHECK_OK(plants::CheckPipeline(text, name));
  }
  if (const std::string& name = manifest.accepts.schema; !name.empty()) {
    AIOP_TRY(const std::string text, repository.ReadFile(revision, name));
    AIOP_TRY(const yaml::Document document, yaml::Parse(text, name));
    const auto schema = schema::Schema::Compile(document.value);
    if (!schema) return Invalid(name + ": " + schema.error().message);
  }
  return {};
}

Status CheckReferences(const motors::Repository& repository, const std::string& revision,
                       const model::MotorManifest& manifest) {
  AIOP_TRY(const auto files, repository.ListFiles(revision));
  const auto problems = MissingReferences(manifest, files);
  if (problems.empty()) return CheckReferenced(repository, revision, manifest);
  AIOP_TRY(const std::string text, repository.ReadFile(revision, std::string(kManifestName)));
  AIOP_TRY(const yaml::Document document, yaml::Parse(text, kManifestName));
  return Invalid(Located(document, problems));
}

Result<model::MotorVersion> Describe(const std::string& plant, const motors::Repository& repository,
                                     const std::string& commit) {
  AIOP_TRY(const model::MotorManifest manifest, ReadManifest(repository, commit));
  model::MotorVersion version;
  version.plant = plant;
  version.commit = commit;
  AIOP_TRY(version.tree, repository.TreeOf(commit));
  AIOP_TRY(version.content_hash, repository.ContentHash(commit));
  version.reference = {manifest.name, manifest.version,
                       std::string(ShortHash(version.content_hash))};
  version.created = Now();
  return version;
}

// The tagged versions besides `active`: what experiments can go back to. Those that are no motors
// are passed over.
Result<std::vector<model::MotorVersion>> TaggedVersions(const std::string& plant,
                                                        const motors::Repository& repository,
                                                        const model::MotorVersion& active) {
  AIOP_TRY(auto tags, repository.Tags());
  std::erase_if(tags, [](const motors::Tag& tag) { return !tag.version; });
  if (tags.size() > kAdoptedVersions) tags.erase(tags.begin(), tags.end() - kAdoptedVersions);
  std::vector<model::MotorVersion> versions;
  for (const auto& tag : tags) {
    auto version = Describe(plant, repository, tag.commit);
    if (!version || version->reference.version != version::Text(*tag.version) ||
        version->reference.version == active.reference.version) {
      continue;
    }
    versions.push_back(*std::move(version));
  }
  return versions;
}

}  // namespace

Result<model::MotorManifest> ReadManifest(const motors::Repository& repository,
                                          const std::string& revision) {
  auto text = repository.ReadFile(revision, std::string(kManifestName));
  if (!text) {
    if (text.error().code == Code::kNotFound) {
      return Invalid("motor.yaml is missing at the root of the motor (" + repository.SourceText() +
                     ")");
    }
    return std::unexpected(text.error());
  }
  if (text->size() > kManifestLimitBytes)
    return Invalid("motor.yaml is larger than a manifest can be");
  AIOP_TRY(const yaml::Document document, yaml::Parse(*text, kManifestName));
  auto manifest = describe::Read<model::MotorManifest>(document.value);
  if (!manifest) return Invalid(Located(document, manifest.error()));
  const auto problems = model::CheckManifest(*manifest);
  if (!problems.empty()) return Invalid(Located(document, problems));
  return *std::move(manifest);
}

Result<model::MotorVersion> DescribeCommit(Home&, const std::string& plant,
                                           const motors::Repository& repository,
                                           const std::string& commit) {
  return Describe(plant, repository, commit);
}

Result<model::Plant> AddPlant(Home& home, const std::string& name, const std::string& source,
                              const std::string& team) {
  if (!describe::IsName(name)) {
    return Invalid("plant name '" + name + "' must be " +
                   std::string(describe::kNameRule.expectation));
  }
  if (!team.empty() && !describe::IsName(team)) {
    return Invalid("team '" + team + "' must be " + std::string(describe::kNameRule.expectation));
  }
  AIOP_TRY(const auto existing, home.motors().Find<model::Plant>(name));
  if (existing) return Invalid("there is a plant '" + name + "' already, from " + existing->source);
  // Imported beside its place and moved there when everything is known to be right.
  const fs::path final_folder = home.folder() / "motor" / name;
  const fs::path folder = home.folder() / "motor" / ("adding-" + NewId());
  auto plant = [&]() -> Result<model::Plant> {
    AIOP_TRY(auto repository, motors::Repository::Import(source, folder));
    AIOP_TRY(const std::string head, repository.Head());
    AIOP_TRY(model::MotorVersion active, Describe(name, repository, head));
    AIOP_CHECK_OK(CheckTag(repository, active));
    AIOP_CHECK_OK(repository.CheckTree(head));
    AIOP_TRY(const model::MotorManifest manifest, ReadManifest(repository, head));
    AIOP_CHECK_OK(CheckReferences(repository, head, manifest));
    AIOP_TRY(const auto older, TaggedVersions(name, repository, active));
    model::Plant record;
    record.name = name;
    record.motor = active.reference.name;
    record.source = repository.SourceText();
    record.team = team;
    record.active = active.reference;
    record.active_commit = active.commit;
    record.created = Now();
    AIOP_CHECK_OK(file::RemoveTree(
        final_folder));  // of an earlier try that died before its record was written
    std::error_code error;
    fs::rename(folder, final_folder, error);
    if (error)
      return Unavailable("cannot create " + final_folder.string() + ": " + error.message());
    AIOP_CHECK_OK(file::FlushFolder(final_folder.parent_path()));
    store::MotorStore::Batch batch;
    for (const auto& version : older) batch.Put(version);
    batch.Put(active).Put(record, store::Mode::kInsert);
    batch.Put(model::PointerMove{.id = NewId(),
                                 .plant = name,
                                 .from = {},
                                 .to = record.active,
                                 .actor = "owner",
                                 .because = "plant added",
                                 .at = record.created});
    AIOP_CHECK_OK(home.motors().Commit(std::move(batch)));
    return record;
  }();
  [[maybe_unused]] const Status removed = file::RemoveTree(folder);
  return plant;
}

Result<model::Plant> GetPlant(Home& home, const std::string& name) {
  return home.motors().Get<model::Plant>(name);
}

Result<motors::Repository> OpenRepository(Home& home, const std::string& plant) {
  return motors::Repository::Open(home.folder() / "motor" / plant);
}

Result<Motor> MotorAtCommit(Home& home, const std::string& plant, const std::string& commit) {
  AIOP_TRY(const auto repository, OpenRepository(home, plant));
  AIOP_TRY(const auto known, home.motors().ListBy<model::MotorVersion>(
                                 store::Kind<model::MotorVersion>::Field::kPlant, plant));
  Motor motor;
  AIOP_TRY(motor.manifest, ReadManifest(repository, commit));
  const auto record =
      std::find_if(known.begin(), known.end(),
                   [&](const model::MotorVersion& each) { return each.commit == commit; });
  if (record != known.end()) {
    motor.version = *record;
  } else {
    AIOP_TRY(motor.version, Describe(plant, repository, commit));
    motor.version.status = model::VersionStatus::kCandidate;
  }
  return motor;
}

Result<Motor> ActiveMotor(Home& home, const std::string& plant) {
  AIOP_TRY(const model::Plant record, GetPlant(home, plant));
  return MotorAtCommit(home, plant, record.active_commit);
}

Result<Motor> MotorAt(Home& home, const std::string& plant, const std::string& version) {
  AIOP_TRY([[maybe_unused]] const model::Plant record, GetPlant(home, plant));
  AIOP_TRY(const auto known, home.motors().Find<model::MotorVersion>(plant + "/" + version));
  if (!known) {
    return NotFound("plant '" + plant + "' has no motor version '" + version +
                    "': see 'aiop motor versions " + plant + "'");
  }
  return MotorAtCommit(home, plant, known->commit);
}

Result<std::vector<model::MotorVersion>> NoticeOutsideVersions(Home& home,
                                                               const std::string& plant) {
  AIOP_TRY(auto repository, OpenRepository(home, plant));
  AIOP_TRY(const model::Plant record, GetPlant(home, plant));
  AIOP_TRY(const auto known, home.motors().ListBy<model::MotorVersion>(
                                 store::Kind<model::MotorVersion>::Field::kPlant, plant));
  const auto is_known = [&](const std::string& commit) {
    return std::any_of(known.begin(), known.end(),
                       [&](const model::MotorVersion& each) { return each.commit == commit; });
  };
  std::vector<std::string> commits;
  AIOP_TRY(const std::string head, repository.Head());
  AIOP_TRY(const bool behind, repository.IsAncestor(head, record.active_commit));
  if (!behind) commits.push_back(head);
  AIOP_TRY(const auto tags, repository.Tags());
  for (const auto& tag : tags) {
    if (tag.version && tag.commit != head) commits.push_back(tag.commit);
  }
  std::vector<model::MotorVersion> noticed;
  for (const std::string& commit : commits) {
    if (is_known(commit)) continue;
    auto version = Describe(plant, repository, commit);
    if (!version) {
      if (commit == head) return std::unexpected(version.error());
      continue;
    }
    AIOP_TRY(const auto taken,
             home.motors().Find<model::MotorVersion>(plant + "/" + version->reference.version));
    version->status = model::VersionStatus::kOutside;
    version->summary = "made outside of aiop";
    // A commit that kept the version of a known one has no number of its own yet; its change
    // request gives it one.
    if (!taken) AIOP_CHECK_OK(home.motors().Put(*version, store::Mode::kInsertIfNew));
    if (commit == head) noticed.push_back(*std::move(version));
  }
  return noticed;
}

Result<std::vector<std::string>> GoldenSpecs(Home& home, const Motor& motor) {
  std::vector<std::string> specs;
  if (motor.manifest.golden.empty()) return specs;
  AIOP_TRY(const auto repository, OpenRepository(home, motor.version.plant));
  AIOP_TRY(const auto files, repository.ListFiles(motor.version.commit));
  for (const auto& file : files) {
    const bool named = std::any_of(
        motor.manifest.golden.begin(), motor.manifest.golden.end(), [&](const std::string& glob) {
          return fnmatch(glob.c_str(), file.path.c_str(), FNM_PATHNAME) == 0;
        });
    if (named) specs.push_back(file.path);
  }
  return specs;
}

motors::SetupSpec SetupOf(Home& home, const Motor& motor) {
  return {.argv = motor.manifest.setup,
          .timeout = Milliseconds{motor.manifest.timeout_ms},
          .home_folder = home.CacheFolder(),
          .stop = &home.stopping(),
          .installed = home.installed()};
}

Result<fs::path> Checkout(Home& home, const Motor& motor) {
  if (!motor.manifest.run.http.empty() && motor.manifest.validate.empty() &&
      motor.manifest.gates.tests.empty()) {
    return fs::path();
  }
  AIOP_TRY(const auto repository, OpenRepository(home, motor.version.plant));
  return home.checkouts().Sealed(repository, motor.version.commit, SetupOf(home, motor));
}

Status MovePointer(Home& home, const std::string& plant, const model::MotorVersion& to,
                   const std::string& actor, const std::string& because) {
  AIOP_TRY(model::Plant record, GetPlant(home, plant));
  if (record.active_commit == to.commit) return {};
  model::PointerMove move{.id = NewId(),
                          .plant = plant,
                          .from = record.active,
                          .to = to.reference,
                          .actor = actor,
                          .because = because,
                          .change = to.change,
                          .returned = {},
                          .at = Now()};
  record.active = to.reference;
  record.active_commit = to.commit;
  store::MotorStore::Batch batch;
  batch.Put(record).Put(to).Put(move);
  return home.motors().Commit(std::move(batch));
}

}  // namespace aiop::contexts
