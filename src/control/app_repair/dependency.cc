// SPDX-License-Identifier: Apache-2.0
// A version that exists instead of a pinned one that does not.
#include <fnmatch.h>
#include <re2/re2.h>

#include <algorithm>

#include "control/app_repair/candidate.h"
#include "control/app_repair/sources.h"
#include "control/plants/plants.h"
#include "control/upgrade/upgrade.h"
#include "core/version/version.h"

namespace aiop::app_repair {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kListTimeout{120'000};
constexpr size_t kLookUps = 5;  // of packages, for one failure
constexpr uint64_t kFileBytes = uint64_t{8} << 20;
constexpr std::string_view kNpmManifest = "package.json";

std::vector<std::string> Lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (!line.empty()) lines.emplace_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// One text with one pin in another version.
struct Repin {
  std::string file;
  std::string text;
  std::string dependency;
  std::string from;
  std::string to;
};

Proposal ProposalOf(const Repin& repin) {
  const std::string what = repin.dependency + " " + repin.from + " -> " + repin.to;
  Proposal proposal{.source = model::PatchSource::kUpgrade,
                    .origin = "dependency " + what,
                    .title = "Pin a version of " + repin.dependency +
                             " that exists: " + repin.from + " -> " + repin.to,
                    .files = {{repin.file, repin.text}},
                    .guesses = {}};
  const auto from = version::Parse(repin.from);
  const auto to = version::Parse(repin.to);
  if (!from || !to || from->major != to->major) {
    proposal.guesses.push_back("no version of the same major exists: " + what);
  }
  return proposal;
}

class Dependencies final : public Source {
 public:
  Dependencies(engine::Engine& engine, experiments::Harness& harness)
      : engine_(engine), harness_(harness) {}
  std::string_view name() const override { return "dependency"; }

  Result<std::vector<Proposal>> Propose(const Subject& subject) override {
    std::vector<Proposal> proposals;
    AIOP_CHECK_OK(FromCommands(subject, proposals));
    AIOP_CHECK_OK(FromNpm(subject, proposals));
    return proposals;
  }

 private:
  static std::vector<std::string> FilesOf(const Subject& subject) {
    std::vector<std::string> files;
    std::error_code error;
    for (fs::recursive_directory_iterator entry(subject.folder, error), end; !error && entry != end;
         entry.increment(error)) {
      if (entry->is_regular_file() && !entry->is_symlink()) {
        files.push_back(fs::relative(entry->path(), subject.folder).string());
      }
    }
    std::ranges::sort(files);
    return files;
  }

  // Those that the motor declares with a command that lists their versions.
  Status FromCommands(const Subject& subject, std::vector<Proposal>& proposals) {
    const auto files = FilesOf(subject);
    for (const model::Dependency& each : subject.motor.manifest.dependencies) {
      const RE2 pattern(each.pattern, RE2::Quiet);
      if (!pattern.ok() || pattern.NumberOfCapturingGroups() != 1) continue;
      for (const std::string& file : files) {
        if (fnmatch(each.file.c_str(), file.c_str(), 0) != 0) continue;
        AIOP_TRY(const std::string text, file::Read(subject.folder / file, kFileBytes));
        re2::StringPiece pinned;
        if (!RE2::PartialMatch(text, pattern, &pinned)) continue;
        AIOP_TRY(const auto versions, VersionsOf(subject, each));
        const auto to = mend::NearestVersion(pinned, versions);
        if (!to) continue;
        const auto begin = static_cast<size_t>(pinned.data() - text.data());
        proposals.push_back(
            ProposalOf({.file = file,
                        .text = text.substr(0, begin) + *to + text.substr(begin + pinned.size()),
                        .dependency = each.name,
                        .from = std::string(pinned),
                        .to = *to}));
      }
    }
    return {};
  }

  // A command that fails lists nothing: said, and passed over.
  Result<std::vector<std::string>> VersionsOf(const Subject& subject,
                                              const model::Dependency& dependency) {
    AIOP_TRY(const fs::path checkout, contexts::Checkout(engine_.home(), subject.motor));
    sandbox::Policy policy;
    policy.read_only = {checkout};
    const auto output = harness_.RunCommand(
        subject.motor, plants::Expand(dependency.versions, {{"motor", checkout.string()}}),
        checkout, policy, kListTimeout);
    if (!output && output.error().code == Code::kCancelled) return std::unexpected(output.error());
    if (output && output->ok()) return Lines(output->out);
    AIOP_CHECK_OK(engine_.TellMotor(
        subject.motor.version.plant, subject.motor.version.reference, model::SignalType::kError,
        model::Severity::kWarn,
        {{"details", "the versions of " + dependency.name + " could not be listed: " +
                         json::ToValidUtf8(output ? output->err : output.error().message)}}));
    return std::vector<std::string>();
  }

  // package.json of the spec: packages that the failure speaks of.
  Status FromNpm(const Subject& subject, std::vector<Proposal>& proposals) {
    const auto text = file::Read(subject.folder / kNpmManifest, kFileBytes);
    if (!text) return {};
    const auto manifest = json::Parse(*text);
    if (!manifest) return {};
    const auto npm = upgrade::MakeNpm(engine_.home().CacheFolder());
    size_t looked_up = 0;
    for (const char* section : {"dependencies", "devDependencies"}) {
      const json::Value* pins = json::Member(*manifest, section);
      if (pins == nullptr || !pins->is_object()) continue;
      for (const auto& pin : pins->get_object()) {
        const std::string package(pin.key());
        if (!pin.value().is_string() || !subject.told.contains(package)) continue;
        if (++looked_up > kLookUps) return {};
        const auto published = npm->Published(package);
        if (!published) continue;
        const std::string from(pin.value().get_string());
        const auto to = mend::NearestVersion(from, *published);
        if (!to) continue;
        const mend::Edit edit{.kind = mend::Edit::Kind::kReplace,
                              .pointer = json::Child(json::Child("", section), package),
                              .to = json::Value(*to),
                              .text = ""};
        const auto edited = mend::Make(*text, edit);
        if (!edited) continue;
        proposals.push_back(ProposalOf({.file = std::string(kNpmManifest),
                                        .text = *edited,
                                        .dependency = package,
                                        .from = from,
                                        .to = *to}));
      }
    }
    return {};
  }

  engine::Engine& engine_;
  experiments::Harness& harness_;
};

}  // namespace

std::unique_ptr<Source> MakeDependencySource(engine::Engine& engine,
                                             experiments::Harness& harness) {
  return std::make_unique<Dependencies>(engine, harness);
}

}  // namespace aiop::app_repair
