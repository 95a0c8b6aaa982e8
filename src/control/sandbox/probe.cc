// SPDX-License-Identifier: Apache-2.0
//
// Finds out by trying: what the kernel, the container around us and bwrap's version allow cannot be
// read off anywhere.
#include <unistd.h>

#include <array>

#include "base/file/file.h"
#include "control/sandbox/abilities.h"
#include "control/sandbox/sandbox.h"

namespace aiop::sandbox {
namespace {

// Not the PATH of whoever called us: this program is what everything else is held by.
constexpr std::string_view kTrustedPath = "/usr/bin:/bin:/usr/local/bin";
constexpr Milliseconds kTrialTimeout{10000};
constexpr size_t kTrialOutputBytes = 64 << 10;
constexpr uint64_t kTrialTemporaryBytes = 1 << 20;
// Says "forks" if a process can be made at all, and "unlimited" if more than the limit can.
constexpr std::string_view kProcessTrial =
    "true & wait && echo forks; for i in 1 2 3 4 5 6 7 8 9; do sleep 5 & done; echo unlimited";
constexpr std::string_view kProcessTrialLimit = "--nproc=6:6";

struct Findings {
  Abilities abilities;
  Probe probe;
};

process::Output Try(const std::vector<std::string>& argv) {
  const process::Command command{
      .argv = argv, .folder = "/", .environment = {{"PATH", std::string(kTrustedPath)}}};
  auto output = process::Run(command, "", kTrialTimeout, kTrialOutputBytes);
  if (output) return *std::move(output);
  process::Output failed;
  failed.exit.code = 127;
  failed.err = output.error().message;
  return failed;
}

process::Output TryInside(const Abilities& abilities, const std::vector<std::string>& inner) {
  std::vector<std::string> argv{abilities.bwrap.string()};
  for (auto& argument : SystemArguments(abilities, false, kTrialTemporaryBytes)) {
    argv.push_back(std::move(argument));
  }
  for (auto& argument : SealingArguments()) argv.push_back(std::move(argument));
  argv.emplace_back("--");
  argv.insert(argv.end(), inner.begin(), inner.end());
  return Try(argv);
}

std::string FirstLine(const std::string& text) { return text.substr(0, text.find('\n')); }

// From the best to the least that is still a sandbox.
std::vector<Abilities> Candidates(const Abilities& basis) {
  std::vector<Abilities> candidates;
  for (const bool proc : {true, false}) {
    for (const bool ends_user_namespaces : {true, false}) {
      if (ends_user_namespaces && !basis.ends_user_namespaces) continue;
      candidates.push_back(basis);
      candidates.back().proc = proc;
      candidates.back().ends_user_namespaces = ends_user_namespaces;
    }
    if (geteuid() != 0) continue;
    candidates.push_back(basis);
    candidates.back().proc = proc;
    candidates.back().user_namespace = false;
    candidates.back().ends_user_namespaces = false;
  }
  return candidates;
}

void NoteCgroups(std::vector<std::string>& notes) {
  if (const auto controllers = file::Read("/sys/fs/cgroup/cgroup.controllers")) {
    const bool delegated = access("/sys/fs/cgroup/cgroup.subtree_control", W_OK) == 0;
    notes.push_back(std::string("cgroup v2 is there, ") +
                    (delegated ? "and writable at its root" : "not writable at its root") +
                    "; limits do not use it yet");
  } else if (access("/sys/fs/cgroup/memory", F_OK) == 0) {
    notes.emplace_back("cgroup v1 is there; limits do not use it");
  } else {
    notes.emplace_back("there is no cgroup to put limits on");
  }
}

void NoteAbilities(const Abilities& abilities, std::vector<std::string>& notes) {
  notes.emplace_back("bwrap makes mount, process, network, ipc and host name namespaces");
  notes.emplace_back(abilities.user_namespace ? "user namespaces work"
                                              : "user namespaces do not work; root does without");
  if (!abilities.ends_user_namespaces) {
    notes.emplace_back("further user namespaces can be made inside");
  }
  notes.emplace_back(abilities.proc ? "/proc inside shows the sandbox only"
                                    : "/proc cannot be mounted and is empty inside");
  if (!abilities.sized_tmpfs) notes.emplace_back("temporary files inside have no limit");
  notes.emplace_back(abilities.process_limit
                         ? "the kernel limits the number of processes inside"
                         : "the number of processes inside is watched, not limited");
  notes.emplace_back("memory is watched (sum of resident sizes), not limited");
}

// RLIMIT_NPROC does not hold for root, and on older kernels counts all processes of the user.
bool ProcessLimitHolds(Abilities& abilities) {
  const auto prlimit = process::FindProgram("prlimit", kTrustedPath);
  if (!prlimit) return false;
  abilities.prlimit = *prlimit;
  const process::Output output =
      TryInside(abilities, {prlimit->string(), std::string(kProcessTrialLimit), "--", "/bin/sh",
                            "-c", std::string(kProcessTrial)});
  return output.out == "forks\n";
}

Findings Find() {
  Findings findings;
  std::vector<std::string>& notes = findings.probe.notes;
  Abilities basis;
  const auto bwrap = process::FindProgram("bwrap", kTrustedPath);
  if (!bwrap) {
    notes.emplace_back("the program bwrap is missing: install bubblewrap");
    return findings;
  }
  basis.bwrap = *bwrap;
  const process::Output help = Try({bwrap->string(), "--help"});
  basis.sized_tmpfs = (help.out + help.err).contains("--size");
  basis.ends_user_namespaces = (help.out + help.err).contains("--disable-userns");
  std::string complaint;
  for (const Abilities& candidate : Candidates(basis)) {
    const process::Output output = TryInside(candidate, {"/bin/sh", "-c", "echo inside"});
    if (output.out != "inside\n") {
      if (complaint.empty()) complaint = FirstLine(output.err);
      continue;
    }
    findings.abilities = candidate;
    findings.abilities.process_limit = ProcessLimitHolds(findings.abilities);
    findings.probe.level = Level::kReduced;
    NoteAbilities(findings.abilities, notes);
    NoteCgroups(notes);
    return findings;
  }
  notes.push_back("bwrap does not work here: " + complaint);
  return findings;
}

const Findings& FindOnce() {
  static const Findings findings = Find();
  return findings;
}

constexpr std::array<std::pair<Level, std::string_view>, 4> kNames = {
    {{Level::kNone, "none"},
     {Level::kLandlock, "landlock"},
     {Level::kReduced, "reduced"},
     {Level::kFull, "full"}}};

}  // namespace

const Probe& ProbeOnce() { return FindOnce().probe; }
const Abilities& AbilitiesOnce() { return FindOnce().abilities; }

std::string_view LevelName(Level level) {
  for (const auto& [each, name] : kNames) {
    if (each == level) return name;
  }
  return "none";
}

Result<Level> ParseLevel(std::string_view name) {
  for (const auto& [level, each] : kNames) {
    if (each == name) return level;
  }
  return Invalid("'" + std::string(name) +
                 "' is no sandbox level: one of none, landlock, reduced, full");
}

}  // namespace aiop::sandbox
