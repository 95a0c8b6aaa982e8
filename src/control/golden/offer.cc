// SPDX-License-Identifier: Apache-2.0
// A decision of a home, told as a golden incident.
#include <algorithm>
#include <set>

#include "base/file/file.h"
#include "control/golden/golden.h"
#include "control/governance/governance.h"
#include "core/kpi/kpi.h"
#include "core/version/version.h"

namespace aiop::golden {
namespace {

namespace fs = std::filesystem;
using contexts::Home;

constexpr std::string_view kManifest = "motor.yaml";
constexpr std::string_view kChangelog = "CHANGELOG.md";
constexpr uint32_t kExecutable = 0100755;
constexpr uint32_t kLink = 0120000;
// Apps that went through, beside the failing ones: enough for what a decision compares with.
constexpr size_t kCleanApps = 8;
// Versions before anything was run on them, up to so many in all: what experiments go back to.
constexpr size_t kMotorsTold = 10;

// One app, in one version, and the profiles it was run under.
struct Cast {
  std::string app;
  model::AppReference version;
  std::set<std::string> profiles;
  Timestamp since;
};

// What the story is made of.
struct Plot {
  std::vector<model::MotorVersion> motors;  // the last is the one that fails
  // By motor version, what is run on it.
  std::map<std::string, std::vector<Cast>> scenes;
  std::vector<Cast> failing;
  std::optional<model::Change> fix;  // of the motor
  std::vector<Cast> repaired;        // app versions on which failing runs went through
};

void AddTo(std::vector<Cast>& casts, const std::string& app, const model::AppReference& version,
           const std::string& profile, Timestamp since) {
  const auto known = std::ranges::find_if(
      casts, [&](const Cast& each) { return each.app == app && each.version == version; });
  if (known != casts.end()) {
    known->profiles.insert(profile);
    return;
  }
  casts.push_back({app, version, {profile}, since});
}

bool NotAbove(const std::string& version, const std::string& bound) {
  const auto left = version::Parse(version);
  const auto right = version::Parse(bound);
  return left && right && !(*right < *left);
}

class Offering {
 public:
  Offering(Home& home, const model::DecisionRecord& decision, const Offered& offered,
           fs::path folder)
      : home_(home), decision_(decision), offered_(offered), folder_(std::move(folder)) {}

  Status Write() {
    AIOP_CHECK_OK(FindFailures());
    AIOP_CHECK_OK(FindScenes());
    AIOP_CHECK_OK(FindMotors());
    AIOP_CHECK_OK(FindFix());
    AIOP_TRY(repository_, contexts::OpenRepository(home_, decision_.plant));
    AIOP_CHECK_OK(WriteMotor());
    AIOP_CHECK_OK(WritePlant());
    return WriteIncident();
  }

 private:
  // Where the runs of the decision stopped at its incident.
  Status FindFailures() {
    for (const std::string& id : decision_.run_ids) {
      AIOP_TRY(const auto occurrences, home_.ledger().ListBy<model::Occurrence>(
                                           store::Kind<model::Occurrence>::Field::kRun, id));
      for (const auto& each : occurrences) {
        if (each.incident != decision_.incident_id || each.at > decision_.created) continue;
        AddTo(plot_.failing, each.app, each.app_ctx, each.profile, each.at);
        failing_motor_ = each.motor_ctx.version;
        if (text_.empty()) AIOP_CHECK_OK(ReadText(each));
      }
    }
    if (plot_.failing.empty()) {
      return Invalid("decision " + decision_.decision_id +
                     " has no failure that could be told again");
    }
    return {};
  }

  Status ReadText(const model::Occurrence& occurrence) {
    AIOP_TRY(const auto event, home_.ledger().Get<model::StoredEvent>(occurrence.event));
    const std::string details = event.envelope.Details();
    text_ = details.substr(0, details.find('\n'));
    return {};
  }

  bool Fails(const std::string& app) const {
    return std::ranges::any_of(plot_.failing, [&](const Cast& each) { return each.app == app; });
  }

  // Which apps went through, on which motor version, before the decision. Apps that failed in
  // another way would bring failures of their own into the story: they are left out.
  Status FindScenes() {
    AIOP_TRY(const auto runs, home_.ledger().ListBy<model::Run>(
                                  store::Kind<model::Run>::Field::kPlant, decision_.plant));
    std::vector<model::Run> went_through;
    std::set<std::string> stopped;
    for (const auto& run : runs) {
      if (run.created > decision_.created) continue;
      AIOP_TRY(const auto occurrences, home_.ledger().ListBy<model::Occurrence>(
                                           store::Kind<model::Occurrence>::Field::kRun, run.id));
      if (!occurrences.empty()) {
        stopped.insert(run.app);
      } else if (run.state == model::RunState::kSuccess &&
                 NotAbove(run.motor_ctx.version, failing_motor_)) {
        went_through.push_back(run);
      }
    }
    std::set<std::string> clean;
    for (const auto& run : went_through) {
      if (!Fails(run.app)) {
        if (stopped.contains(run.app)) continue;
        if (!clean.contains(run.app) && clean.size() == kCleanApps) continue;
        clean.insert(run.app);
      }
      AddTo(plot_.scenes[run.motor_ctx.version], run.app, run.app_ctx, run.profile, run.created);
    }
    return {};
  }

  // Those that the app is known to fail or go through under; others might bring other failures.
  json::Array ProfilesOf(const std::string& app) const {
    std::set<std::string> profiles;
    const auto collect = [&](const std::vector<Cast>& casts) {
      for (const Cast& each : casts) {
        if (each.app == app) profiles.insert(each.profiles.begin(), each.profiles.end());
      }
    };
    for (const auto& [version, casts] : plot_.scenes) collect(casts);
    collect(plot_.failing);
    collect(plot_.repaired);
    profiles.erase("");
    json::Array names;
    for (const auto& each : profiles) names.push_back(json::Value(each));
    return names;
  }

  // The failing version and those before it.
  Status FindMotors() {
    AIOP_TRY(auto versions, home_.motors().ListBy<model::MotorVersion>(
                                store::Kind<model::MotorVersion>::Field::kPlant, decision_.plant));
    std::erase_if(versions, [&](const model::MotorVersion& each) {
      return !NotAbove(each.reference.version, failing_motor_) ||
             (each.status == model::VersionStatus::kRolledBack &&
              each.reference.version != failing_motor_);
    });
    std::ranges::sort(versions, [](const model::MotorVersion& a, const model::MotorVersion& b) {
      return *version::Parse(a.reference.version) < *version::Parse(b.reference.version);
    });
    if (versions.empty() || versions.back().reference.version != failing_motor_) {
      return Invalid("motor version " + failing_motor_ + " is no version that could be told of");
    }
    while (versions.size() > kMotorsTold &&
           !plot_.scenes.contains(versions.front().reference.version)) {
      versions.erase(versions.begin());
    }
    plot_.motors = std::move(versions);
    return {};
  }

  // What became of the failing runs: a motor fix that was promoted, or a newer spec.
  Status FindFix() {
    AIOP_TRY(const auto incident, home_.ledger().Get<model::Incident>(decision_.incident_id));
    if (!incident.change.empty()) {
      AIOP_TRY(auto change, home_.ledger().Get<model::Change>(incident.change));
      if (change.status == model::ChangeState::kPromoted && change.side == model::Scope::kMotor &&
          change.base_version == failing_motor_) {
        plot_.fix = std::move(change);
      }
    }
    for (const std::string& id : decision_.run_ids) {
      AIOP_TRY(const model::Run run, home_.ledger().Get<model::Run>(id));
      const bool other_spec = std::ranges::none_of(
          plot_.failing, [&](const Cast& each) { return each.version == run.app_ctx; });
      if (run.state == model::RunState::kSuccess && other_spec)
        AddTo(plot_.repaired, run.app, run.app_ctx, run.profile, run.updated);
    }
    return {};
  }

  Result<std::string> ReadMotorFile(const std::string& commit, const std::string& path) {
    AIOP_TRY(std::string text, repository_->ReadFile(commit, path));
    if (json::ToValidUtf8(text) != text) {
      return Invalid(path + " of the motor is no text: its story cannot be told in a YAML file");
    }
    return text;
  }

  Status WriteMotor() {
    const std::string& commit = plot_.motors.front().commit;
    AIOP_TRY(const auto files, repository_->ListFiles(commit));
    for (const auto& each : files) {
      if (each.mode == kLink) return Invalid("the motor has a link: " + each.path);
      AIOP_TRY(const std::string content, repository_->ReadFile(commit, each.path));
      const fs::path path = folder_ / "motor" / each.path;
      AIOP_CHECK_OK(file::MakeFolders(path.parent_path()));
      AIOP_CHECK_OK(file::Write(path, content, each.mode == kExecutable ? 0755 : 0644));
    }
    return {};
  }

  Status WritePlant() {
    const json::Object plant{
        {"name", decision_.plant},
        {"kind", "offered"},
        {"about", "Offered from a home: decision " + decision_.decision_id + "."}};
    std::string text;
    for (const auto& member : plant) {
      text += std::string(member.key()) + ": " + json::Text(member.value()) + "\n";
    }
    return file::Write(folder_ / "plant.yaml", text);
  }

  // The files that differ, with their new content.
  Result<json::Object> ChangedFiles(const std::string& from, const std::string& to,
                                    const std::set<std::string>& without = {}) {
    json::Object changed;
    AIOP_TRY(const auto paths, repository_->ChangedPaths(from, to));
    AIOP_TRY(const auto files, repository_->ListFiles(to));
    for (const std::string& path : paths) {
      if (without.contains(path)) continue;
      const bool there = std::ranges::any_of(
          files, [&](const motors::FileEntry& each) { return each.path == path; });
      if (!there) {
        changed[path] = nullptr;
        continue;
      }
      AIOP_TRY(const std::string text, ReadMotorFile(to, path));
      changed[path] = text;
    }
    return changed;
  }

  Status Tell(std::string_view step, const json::Value& content) {
    timeline_ += "    - " + std::string(step) + ": " + json::Text(content) + "\n";
    return {};
  }

  Status TellRelease(const model::MotorVersion& from, const model::MotorVersion& to) {
    AIOP_TRY(json::Object files, ChangedFiles(from.commit, to.commit));
    json::Object step{{"version", to.reference.version}};
    if (!to.summary.empty()) step["message"] = to.summary;
    if (!files.empty()) step["files"] = std::move(files);
    return Tell("motor", step);
  }

  // A fix as it was pending: without the version and the changelog entry that its change gave it.
  Status TellFix() {
    const model::Change& change = *plot_.fix;
    const std::string& base = plot_.motors.back().commit;
    AIOP_TRY(json::Object files, ChangedFiles(base, change.candidate, {std::string(kChangelog)}));
    if (files.contains(kManifest)) {
      AIOP_TRY(const std::string text, ReadMotorFile(change.candidate, std::string(kManifest)));
      AIOP_TRY(const std::string plain, governance::WithVersion(text, failing_motor_));
      AIOP_TRY(const std::string before, ReadMotorFile(base, std::string(kManifest)));
      if (plain == before) {
        files.erase(kManifest);
      } else {
        files[kManifest] = plain;
      }
    }
    AIOP_TRY(const contexts::Motor motor, contexts::MotorAtCommit(home_, decision_.plant, base));
    std::string name = change.origin.substr(0, change.origin.find('@'));
    if (change.source != model::PatchSource::kBranch || name.empty()) {
      // Where it came from otherwise is not part of the story: it is offered as a branch.
      name = "fix/offered";
      for (const auto& glob : motor.manifest.branches) {
        if (glob.ends_with("/*")) name = glob.substr(0, glob.size() - 1) + "offered";
      }
    }
    return Tell("branch", json::Object{{"name", name}, {"files", std::move(files)}});
  }

  Status TellApp(const Cast& cast) {
    std::string& told = told_[cast.app];
    if (told == cast.version.Text()) return {};
    const bool known = !told.empty();
    told = cast.version.Text();
    AIOP_TRY(const auto version, contexts::VersionOf(home_, cast.version));
    const fs::path place = fs::path("specs") / (cast.app + "-" + cast.version.version);
    AIOP_TRY(const fs::path written, contexts::PlaceSpec(home_, version, folder_ / place));
    json::Object step{{"name", cast.app},
                      {"spec_file", written.lexically_relative(folder_).string()}};
    if (known) {
      step = {{"app", cast.app}, {"spec_file", written.lexically_relative(folder_).string()}};
      return Tell("patch", step);
    }
    const json::Array profiles = ProfilesOf(cast.app);
    if (!profiles.empty()) step["profiles"] = profiles;
    return Tell("app", step);
  }

  Status TellRun(const std::vector<Cast>& casts) {
    std::set<std::string> apps;
    for (const Cast& cast : casts) {
      AIOP_CHECK_OK(TellApp(cast));
      apps.insert(cast.app);
    }
    json::Array names;
    for (const auto& app : apps) names.push_back(json::Value(app));
    ++runs_;
    return Tell("run", names);
  }

  // Each motor version in its turn, with what was run on it; at last the failure.
  Status TellTimeline() {
    for (size_t i = 0; i < plot_.motors.size(); ++i) {
      const auto& motor = plot_.motors[i];
      if (i > 0) AIOP_CHECK_OK(TellRelease(plot_.motors[i - 1], motor));
      std::vector<Cast> scene = plot_.scenes[motor.reference.version];
      const bool last = i + 1 == plot_.motors.size();
      if (last) {
        if (plot_.fix) AIOP_CHECK_OK(TellFix());
        std::erase_if(scene, [&](const Cast& each) { return Fails(each.app); });
        scene.insert(scene.end(), plot_.failing.begin(), plot_.failing.end());
      }
      // The versions of one app in their order: the last one is what is run.
      std::ranges::sort(scene, {}, [](const Cast& each) { return each.since; });
      if (!scene.empty()) AIOP_CHECK_OK(TellRun(scene));
    }
    failing_run_ = runs_;
    return plot_.repaired.empty() ? Status{} : TellRun(plot_.repaired);
  }

  HealedBy Healer() const {
    if (offered_.category == model::Category::kTransient) return HealedBy::kRerun;
    if (plot_.fix) return HealedBy::kBranch;
    return plot_.repaired.empty() ? HealedBy::kNone : HealedBy::kAppUpdate;
  }

  Status WriteIncident() {
    AIOP_CHECK_OK(TellTimeline());
    json::Array apps;
    for (const Cast& each : plot_.failing) {
      const json::Value name(each.app);
      if (std::ranges::find(apps, name) == apps.end()) apps.push_back(name);
    }
    const auto line = [](std::string_view key, const json::Value& value) {
      return "      " + std::string(key) + ": " + json::Text(value) + "\n";
    };
    const auto side = kpi::SideOf(offered_.category);
    const std::string text =
        "# The failure read: " + json::Text(json::Value(text_)) + "\n- name: " + offered_.name +
        "\n  split: " + std::string(describe::Name(offered_.split)) +
        "\n  tags: [offered]\n  timeline:\n" + timeline_ +
        "  truth:\n    - apps: " + json::Text(apps) + "\n" + line("run", failing_run_) +
        line("classification", json::Value(std::string(describe::Name(side)))) +
        line("category", json::Value(std::string(describe::Name(offered_.category)))) +
        line("because", json::Value(offered_.because)) +
        line("healed_by", json::Value(std::string(describe::Name(Healer()))));
    const fs::path path = folder_ / "incidents.yaml";
    // What we write is read back: a story that cannot be played is not offered.
    AIOP_TRY([[maybe_unused]] const auto read, ReadIncidents(text, path.string()));
    return file::Write(path, text);
  }

  Home& home_;
  const model::DecisionRecord& decision_;
  const Offered& offered_;
  fs::path folder_;
  std::optional<motors::Repository> repository_;
  Plot plot_;
  std::string failing_motor_;
  std::string text_;  // of the failure
  std::string timeline_;
  std::map<std::string, std::string> told_;  // app -> the version that the story has come to
  int64_t runs_ = 0;
  int64_t failing_run_ = 0;
};

}  // namespace

Status Offer(Home& home, const model::DecisionRecord& decision, const Offered& offered,
             const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder, error)) return Invalid(folder.string() + " exists already");
  if (!describe::IsName(offered.name)) {
    return Invalid("an incident's name must be " + std::string(describe::kNameRule.expectation));
  }
  // Made beside its place: a story that cannot be told leaves nothing.
  const fs::path draft = folder.string() + ".draft";
  AIOP_CHECK_OK(file::RemoveTree(draft));
  AIOP_CHECK_OK(file::MakeFolders(draft));
  const Status written = Offering(home, decision, offered, draft).Write();
  if (!written) {
    [[maybe_unused]] const Status removed = file::RemoveTree(draft);
    return written;
  }
  fs::rename(draft, folder, error);
  if (error) return Unavailable("cannot create " + folder.string() + ": " + error.message());
  return {};
}

}  // namespace aiop::golden
