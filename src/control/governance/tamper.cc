// SPDX-License-Identifier: Apache-2.0
// The tamper guard: whether a change takes something away from the checks of its motor.
#include <algorithm>
#include <array>
#include <map>

#include "base/identity/identity.h"
#include "control/governance/governance.h"
#include "core/interface/interface.h"
#include "core/tampering/tampering.h"

namespace aiop::governance {
namespace {

namespace fs = std::filesystem;
using Texts = std::pair<std::optional<std::string>, std::optional<std::string>>;

template <class T>
bool Loses(const std::vector<T>& before, const std::vector<T>& after) {
  return std::ranges::any_of(
      before, [&](const T& each) { return std::ranges::find(after, each) == after.end(); });
}

template <class T>
bool Differs(const T& before, const T& after) {
  return json::CanonicalText(json::Value(describe::Encode(before))) !=
         json::CanonicalText(json::Value(describe::Encode(after)));
}

// What the candidate's manifest takes away from what guards the motor, by key. Adding is free.
std::vector<std::string> WeakenedKeys(const model::MotorManifest& base,
                                      const model::MotorManifest& candidate) {
  std::vector<std::string> keys;
  const auto weakens = [&](bool does, const std::string& key) {
    if (does) keys.push_back("motor.yaml: " + key);
  };
  weakens(Loses(base.gates.lint, candidate.gates.lint) ||
              Loses(base.gates.tests, candidate.gates.tests) ||
              Loses(base.gates.validators, candidate.gates.validators),
          "gates");
  // A gate that is only watched blocks nothing.
  weakens(Loses(candidate.gates.observe, base.gates.observe), "gates.observe");
  weakens(Loses(base.validate, candidate.validate), "validate");
  weakens(Loses(base.golden, candidate.golden), "golden");
  weakens(Loses(base.accepts.dialects, candidate.accepts.dialects) ||
              (!base.accepts.schema.empty() && base.accepts.schema != candidate.accepts.schema),
          "accepts");
  weakens((base.budgets.latency_ms && base.budgets.latency_ms != candidate.budgets.latency_ms) ||
              (base.budgets.cost_usd && base.budgets.cost_usd != candidate.budgets.cost_usd),
          "budgets");
  weakens(!base.slos.empty() && Differs(base.slos, candidate.slos), "slos");
  weakens(base.timeout_ms != candidate.timeout_ms, "timeout_ms");
  weakens(base.canary && (!candidate.canary || Differs(*base.canary, *candidate.canary)), "canary");
  weakens(Loses(base.redact, candidate.redact), "redact");
  // What sandboxed commands may do, and who is told what.
  weakens((candidate.sandbox.network && !base.sandbox.network) ||
              Loses(candidate.sandbox.write, base.sandbox.write),
          "sandbox");
  weakens(!base.patches.allow.empty() && Loses(candidate.patches.allow, base.patches.allow),
          "patches");
  weakens(candidate.patches.lines > base.patches.lines, "patches");
  weakens(base.forge.has_value() != candidate.forge.has_value() ||
              (base.forge && Differs(*base.forge, *candidate.forge)),
          "forge");
  weakens(base.page != candidate.page, "page");
  return keys;
}

// What becomes of later changes: the owner of a motor rules that, no patch does.
std::vector<std::string> GoverningKeys(const model::MotorManifest& base,
                                       const model::MotorManifest& candidate) {
  std::vector<std::string> keys;
  const auto weakens = [&](bool does, const std::string& key) {
    if (does) keys.push_back("motor.yaml: " + key);
  };
  weakens(candidate.push && !base.push, "push");
  weakens(Loses(candidate.branches, base.branches), "branches");
  weakens(Loses(candidate.patch_sources, base.patch_sources), "patch_sources");
  weakens(candidate.autonomy > base.autonomy, "autonomy");
  weakens(candidate.app_patches != base.app_patches, "app_patches");
  weakens(
      json::CanonicalText(Encode(base.approval)) != json::CanonicalText(Encode(candidate.approval)),
      "approval");
  return keys;
}

Result<std::optional<std::string>> TextAt(const motors::Repository& repository,
                                          const std::string& revision, const std::string& path) {
  auto text = repository.ReadFile(revision, path);
  if (!text && text.error().code != Code::kNotFound) return std::unexpected(text.error());
  return text ? std::optional(*std::move(text)) : std::nullopt;
}

// Of a JSON document that says more by being wider: only what is narrowed counts.
std::optional<std::vector<tampering::Weakening>> OfSchema(const Texts& texts) {
  if (!texts.first || !texts.second) return std::nullopt;
  const auto before = json::Parse(*texts.first);
  const auto after = json::Parse(*texts.second);
  if (!before || !after) return std::nullopt;
  std::vector<tampering::Weakening> found;
  for (const auto& each : interface::CompareSchemas(*before, *after).breaking) {
    found.push_back({.text = "narrows what is accepted: " + each});
  }
  return found;
}

std::optional<std::vector<tampering::Weakening>> OfPackage(const Texts& texts) {
  if (!texts.first || !texts.second) return std::nullopt;
  const auto before = json::Parse(*texts.first);
  const auto after = json::Parse(*texts.second);
  if (!before || !after) return std::nullopt;
  std::vector<tampering::Weakening> found;
  for (auto& each : tampering::WeakenedPackage(*before, *after)) {
    found.push_back({.text = std::move(each)});
  }
  return found;
}

std::string Joined(const std::vector<std::string>& clauses) {
  std::string text;
  for (const auto& each : clauses) text += (text.empty() ? "" : "; ") + each;
  return text;
}

model::GateResult Ruled(model::Verdict verdict, std::string details) {
  model::GateResult result;
  result.gate = "tamper";
  result.verdict = verdict;
  result.details = std::move(details);
  result.at = Now();
  return result;
}

// What a change does to the checks.
struct Findings {
  std::vector<std::string> taken;    // clauses: each for a human to approve
  std::vector<std::string> edited;   // clauses: fine if the checks as they were still pass
  std::vector<std::string> touched;  // files that are put back to see that
};

void AddFound(const std::vector<tampering::Weakening>& found, Findings& findings) {
  for (const auto& each : found)
    (each.edits ? findings.edited : findings.taken).push_back(each.text);
}

// The checks of the base, what steers them, and new files that take the place of what they import.
Result<std::vector<std::string>> Guarded(const motors::Repository& repository,
                                         const contexts::Motor& base,
                                         const contexts::Motor& candidate) {
  AIOP_TRY(const auto entries, repository.ListFiles(base.version.commit));
  std::vector<std::string> files;
  files.reserve(entries.size());
  for (const auto& entry : entries) files.push_back(entry.path);
  std::vector<std::string> guarded = ProtectedPaths(base.manifest, files);
  std::ranges::copy_if(files, std::back_inserter(guarded), tampering::IsTestFile);
  for (const contexts::Motor* motor : {&base, &candidate}) {
    AIOP_TRY(const auto behind, CheckFiles(repository, motor->version.commit, base.manifest));
    guarded.insert(guarded.end(), behind.begin(), behind.end());
  }
  std::ranges::sort(guarded);
  const auto [twice, end] = std::ranges::unique(guarded);
  guarded.erase(twice, end);
  return guarded;
}

// What an import calls a file: its stem, or its folder's name.
std::string ModuleOf(const fs::path& path) {
  const std::string stem = path.stem().string();
  return stem == "index" || stem == "__init__" ? path.parent_path().filename().string() : stem;
}

// The file of the base that an import by this name meant until now; empty if there is none.
Result<std::string> InsteadOf(const motors::Repository& repository, const std::string& base,
                              const std::string& added) {
  AIOP_TRY(const auto entries, repository.ListFiles(base));
  for (const auto& entry : entries) {
    const fs::path path = entry.path;
    if (ModuleOf(path) == ModuleOf(added) && path.extension() == fs::path(added).extension()) {
      return entry.path;
    }
  }
  return std::string();
}

bool IsCode(const fs::path& path) {
  constexpr auto kCode =
      std::to_array<std::string_view>({".py", ".js", ".mjs", ".cjs", ".ts", ".sh", ".rb", ".pth"});
  return std::ranges::find(kCode, path.extension().string()) != kCode.end();
}

Result<Findings> Look(const motors::Repository& repository, const model::Change& change,
                      const contexts::Motor& base, const contexts::Motor& candidate) {
  Findings findings;
  AIOP_TRY(const auto guarded, Guarded(repository, base, candidate));
  AIOP_TRY(const auto used, ProductFiles(repository, base.version.commit, base.manifest));
  AIOP_TRY(const auto used_after,
           ProductFiles(repository, candidate.version.commit, candidate.manifest));
  AIOP_TRY(const auto reached,
           NewlyReached(repository, base.version.commit, candidate.version.commit, base.manifest));
  for (const auto& path : change.changed_paths) {
    Texts texts;
    AIOP_TRY(texts.first, TextAt(repository, base.version.commit, path));
    AIOP_TRY(texts.second, TextAt(repository, candidate.version.commit, path));
    if (path.ends_with(".gitignore")) {
      const std::string folder = path.substr(0, path.size() - std::string(".gitignore").size());
      for (const auto& each : tampering::Hidden(texts.first.value_or(""), texts.second.value_or(""),
                                                folder, guarded)) {
        findings.taken.push_back(path + ": " + each);
      }
    }
    if (tampering::SteersChecks(path)) {
      findings.taken.push_back("changes " + path + ", which steers the checks");
      continue;
    }
    if (std::ranges::find(reached, path) != reached.end()) {
      findings.taken.push_back("adds " + path + ", which takes the place of what is imported");
      continue;
    }
    const bool code = IsCode(path);
    const bool of_plant = code && std::ranges::binary_search(used_after, path);
    if (of_plant && !tampering::IsTestFile(path)) {
      AddFound(tampering::OfPlant({.path = path, .before = texts.first, .after = texts.second}),
               findings);
    }
    if (!texts.first && code && !of_plant && !tampering::IsTestFile(path) && !path.contains('/')) {
      findings.taken.push_back(
          "adds " + path + ", which the plant does not use and what is run beside it may import");
    }
    const bool new_test = !texts.first && tampering::IsTestFile(path);
    if (!new_test && !std::ranges::binary_search(guarded, path)) continue;
    std::optional<std::vector<tampering::Weakening>> found;
    if (path == base.manifest.accepts.schema) found = OfSchema(texts);
    if (path == "package.json") found = OfPackage(texts);
    if (!found) {
      found = tampering::Weakenings({.path = path, .before = texts.first, .after = texts.second});
      if (!texts.first) {
        AIOP_TRY(const auto instead, InsteadOf(repository, base.version.commit, path));
        if (!instead.empty()) {
          found->push_back({.text = "adds " + path + ", which takes the place of " + instead +
                                    " where checks look for it"});
        } else if (!tampering::IsTestFile(path)) {
          found->push_back({.text = "adds " + path + ", which checks reach", .edits = true});
        }
      }
    }
    // What a check looks at and the plant is made of has to be edited to be mended.
    if (std::ranges::binary_search(used, path) && !tampering::IsTestFile(path)) {
      for (auto& each : *found) each.edits = true;
    }
    AddFound(*found, findings);
    if (!found->empty()) findings.touched.push_back(path);
  }
  for (auto& key : WeakenedKeys(base.manifest, candidate.manifest)) {
    findings.taken.push_back("changes " + key);
  }
  if (change.submitted_by == kMotorOwner) return findings;
  for (auto& key : GoverningKeys(base.manifest, candidate.manifest)) {
    findings.taken.push_back("changes " + key);
  }
  return findings;
}

}  // namespace

Result<model::GateResult> Governor::CheckTamper(const model::Change& change,
                                                const contexts::Motor& base,
                                                const contexts::Motor& candidate) {
  AIOP_TRY(const auto repository, contexts::OpenRepository(engine_.home(), change.plant));
  AIOP_TRY(const Findings findings, Look(repository, change, base, candidate));
  if (!findings.taken.empty()) {
    return Ruled(model::Verdict::kInconclusive, "takes from the checks: " + Joined(findings.taken) +
                                                    "; a human has to approve that");
  }
  if (findings.edited.empty()) {
    return Ruled(model::Verdict::kPass, "nothing was taken from the checks");
  }
  AIOP_TRY(const bool still_pass, OldChecksPass(change, base, candidate, findings.touched));
  return still_pass ? Ruled(model::Verdict::kPass,
                            Joined(findings.edited) + "; the checks as they were before still pass")
                    : Ruled(model::Verdict::kInconclusive,
                            Joined(findings.edited) +
                                "; the checks as they were before do not pass: a human has to "
                                "approve that");
}

// Whether the base version's checks pass on the patched tree: its protected files put back, its own
// commands run.
Result<bool> Governor::OldChecksPass(const model::Change& change, const contexts::Motor& base,
                                     const contexts::Motor& candidate,
                                     const std::vector<std::string>& touched) {
  contexts::Home& home = engine_.home();
  AIOP_TRY(auto repository, contexts::OpenRepository(home, change.plant));
  std::map<std::string, std::optional<std::string>> files;
  for (const auto& path : touched) {
    AIOP_TRY(files[path], TextAt(repository, base.version.commit, path));  // added: taken out
  }
  AIOP_TRY(const std::string tree, repository.WithFiles(change.candidate, files));
  const fs::path scratch = home.ExperimentFolder() / ("old-checks-" + NewId());
  const auto passed = [&]() -> Result<bool> {
    const Status made =
        home.checkouts().Scratch(repository, tree, scratch, contexts::SetupOf(home, candidate));
    if (!made && made.error().code == Code::kCancelled) return std::unexpected(made.error());
    if (!made) return false;
    for (const auto* commands :
         {&base.manifest.gates.lint, &base.manifest.gates.tests, &base.manifest.gates.validators}) {
      if (commands->empty()) continue;
      AIOP_TRY(const auto gate, RunCommands(change, candidate, "tamper", *commands, scratch));
      if (gate.verdict != model::Verdict::kPass) return false;
    }
    return true;
  }();
  AIOP_CHECK_OK(file::RemoveTree(scratch));
  return passed;
}

}  // namespace aiop::governance
