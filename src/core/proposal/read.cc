// SPDX-License-Identifier: Apache-2.0
#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>

#include "core/proposal/proposal.h"

namespace aiop::proposal {
namespace {

constexpr std::string_view kReason = "REASON:";
constexpr std::string_view kOpening = "```diff";
constexpr std::string_view kClosing = "```";

constexpr auto kNever = std::to_array<const char*>({"motor.yaml",
                                                    "package.json",
                                                    "*-lock.json",
                                                    "npm-shrinkwrap.json",
                                                    "yarn.lock",
                                                    "pnpm-lock.yaml",
                                                    "pnpm-workspace.yaml",
                                                    ".npmrc",
                                                    ".yarnrc*",
                                                    "requirements*.txt",
                                                    "constraints*.txt",
                                                    "pyproject.toml",
                                                    "setup.py",
                                                    "setup.cfg",
                                                    "Pipfile",
                                                    "*.lock",
                                                    "Cargo.toml",
                                                    "go.mod",
                                                    "go.sum",
                                                    "pom.xml",
                                                    "build.gradle*",
                                                    "Gemfile",
                                                    "composer.json",
                                                    "Makefile",
                                                    "Dockerfile",
                                                    ".gitmodules",
                                                    ".gitattributes",
                                                    ".gitignore"});

std::string BaseName(std::string_view path) {
  return std::string(path.substr(path.find_last_of('/') + 1));
}

class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  std::optional<std::string_view> Next() {
    if (text_.empty()) return std::nullopt;
    const size_t end = std::min(text_.find('\n'), text_.size());
    const std::string_view line = text_.substr(0, end);
    text_.remove_prefix(std::min(end + 1, text_.size()));
    ++number_;
    return line;
  }
  size_t number() const { return number_; }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
  size_t number_ = 0;
};

std::unexpected<Error> Refused(size_t line, const std::string& why) {
  return Invalid("line " + std::to_string(line) + " of the answer: " + why);
}

// The path in "--- a/layout.py", with what may follow a tab left out; "/dev/null" stays.
Result<std::string> PathIn(std::string_view line, std::string_view prefix, size_t number) {
  std::string_view path = line.substr(4);
  path = path.substr(0, path.find('\t'));
  if (path == "/dev/null") return std::string(path);
  if (!path.starts_with(prefix)) {
    return Refused(number, "a path has to begin with " + std::string(prefix));
  }
  path.remove_prefix(prefix.size());
  const bool leaves = path.empty() || path.front() == '/' || path.contains("\\") ||
                      path.contains('"') || path.back() == '/' || path.contains("//");
  bool dots = false;
  for (std::string_view left = path; !left.empty();) {
    const size_t slash = std::min(left.find('/'), left.size());
    const std::string_view part = left.substr(0, slash);
    dots = dots || part == ".." || part == "." || part == ".git";
    left.remove_prefix(std::min(slash + 1, left.size()));
  }
  const bool controls = std::ranges::any_of(
      path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  if (leaves || dots || controls) {
    return Refused(number, "the path '" + std::string(path.substr(0, 100)) +
                               "' does not stay inside the motor");
  }
  return std::string(path);
}

struct Hunk {
  int64_t before = 1;
  int64_t after = 1;
};

std::optional<int64_t> TakeNumber(std::string_view& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

bool TakeRange(std::string_view& text, char sign, int64_t& count) {
  if (text.empty() || text.front() != sign) return false;
  text.remove_prefix(1);
  if (!TakeNumber(text)) return false;
  if (!text.starts_with(',')) return true;
  text.remove_prefix(1);
  const auto number = TakeNumber(text);
  if (number) count = *number;
  return number.has_value();
}

// "@@ -1,2 +1,3 @@ ..."
std::optional<Hunk> HunkIn(std::string_view line) {
  Hunk hunk;
  if (!line.starts_with("@@ ")) return std::nullopt;
  line.remove_prefix(3);
  if (!TakeRange(line, '-', hunk.before) || !line.starts_with(' ')) return std::nullopt;
  line.remove_prefix(1);
  if (!TakeRange(line, '+', hunk.after) || !line.starts_with(" @@")) return std::nullopt;
  return hunk;
}

class DiffReader {
 public:
  DiffReader(Lines& lines, const Limits& limits) : lines_(lines), limits_(limits) {}

  // Until the closing fence.
  Status Run(Proposal& proposal) {
    while (auto line = lines_.Next()) {
      if (*line == kClosing && before_ == 0 && after_ == 0) return Finish(proposal);
      proposal.diff.append(*line).append("\n");
      AIOP_CHECK_OK(Take(*line));
    }
    return Refused(lines_.number(), "the diff is not closed, or a hunk is shorter than it says");
  }

 private:
  Status Take(std::string_view line) {
    if (before_ > 0 || after_ > 0) return TakeInHunk(line);
    if (line.starts_with("--- ")) return TakeOld(line);
    if (line.starts_with("+++ ")) return TakeNew(line);
    if (line.starts_with("\\ ")) return {};
    if (line.starts_with("diff --git ") || line.starts_with("index ")) return {};
    if (line.starts_with("@@ ")) {
      const auto hunk = HunkIn(line);
      if (!hunk || !has_new_) return Refused(lines_.number(), "no such hunk can be");
      before_ = hunk->before;
      after_ = hunk->after;
      if (before_ == 0 && after_ == 0) return Refused(lines_.number(), "an empty hunk");
      return {};
    }
    return Refused(lines_.number(),
                   "'" + std::string(line.substr(0, 60)) +
                       "' has no place in a plain unified diff (no modes, renames, "
                       "links or binary files)");
  }

  Status TakeInHunk(std::string_view line) {
    const char sign = line.empty() ? ' ' : line.front();
    if (sign == '\\') return {};
    if (sign != ' ' && sign != '-' && sign != '+') {
      return Refused(lines_.number(), "neither kept, added nor taken away");
    }
    if (line.contains('\0')) return Refused(lines_.number(), "text files only");
    if (sign != '+') --before_;
    if (sign != '-') --after_;
    if (before_ < 0 || after_ < 0)
      return Refused(lines_.number(), "the hunk is longer than it says");
    if (sign != ' ') ++changed_;
    return {};
  }

  Status TakeOld(std::string_view line) {
    AIOP_TRY(old_, PathIn(line, "a/", lines_.number()));
    has_old_ = true;
    has_new_ = false;
    return {};
  }

  Status TakeNew(std::string_view line) {
    if (!has_old_) return Refused(lines_.number(), "+++ without ---");
    AIOP_TRY(const std::string path, PathIn(line, "b/", lines_.number()));
    const bool created = old_ == "/dev/null";
    const bool deleted = path == "/dev/null";
    if (created && deleted) return Refused(lines_.number(), "it changes no file");
    if (!created && !deleted && path != old_)
      return Refused(lines_.number(), "files are not renamed");
    has_old_ = false;
    has_new_ = true;
    const std::string& touched = deleted ? old_ : path;
    AIOP_CHECK_OK(MayTouch(touched));
    if (!paths_.insert(touched).second) {
      return Refused(lines_.number(), "'" + touched + "' stands there twice");
    }
    return {};
  }

  Status MayTouch(const std::string& path) const {
    if (IsManifestOrLock(path)) {
      return Forbidden("a model's patch may not touch manifests and lock files: " + path);
    }
    if (std::ranges::find(limits_.guarded, path) != limits_.guarded.end()) {
      return Forbidden("a model's patch may not touch checks, nor what run and setup start: " +
                       path);
    }
    const bool allowed =
        limits_.allow.empty() || std::ranges::any_of(limits_.allow, [&](const std::string& glob) {
          return fnmatch(glob.c_str(), path.c_str(), 0) == 0;
        });
    if (!allowed) return Forbidden("outside of patches.allow in motor.yaml: " + path);
    return {};
  }

  Status Finish(Proposal& proposal) {
    if (paths_.empty() || changed_ == 0)
      return Refused(lines_.number(), "the diff changes nothing");
    if (changed_ > limits_.lines) {
      return Forbidden("it changes " + std::to_string(changed_) + " lines, and patches.lines is " +
                       std::to_string(limits_.lines));
    }
    proposal.paths.assign(paths_.begin(), paths_.end());
    proposal.lines = changed_;
    return {};
  }

  Lines& lines_;
  const Limits& limits_;
  std::string old_;
  bool has_old_ = false;
  bool has_new_ = false;
  int64_t before_ = 0;  // lines that the hunk still holds, on each side
  int64_t after_ = 0;
  int64_t changed_ = 0;
  std::set<std::string> paths_;
};

Result<std::string> ReasonIn(std::string_view line) {
  if (!line.starts_with(kReason)) return Refused(1, "it has to begin with REASON:");
  line.remove_prefix(kReason.size());
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return Refused(1, "the reason is empty");
  line = line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
  if (line.size() > kReasonLimitBytes) return Refused(1, "the reason is too long");
  const bool controls =
      std::ranges::any_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (controls) return Refused(1, "the reason holds control characters");
  return std::string(line);
}

}  // namespace

bool IsManifestOrLock(std::string_view path) {
  const std::string name = BaseName(path);
  return std::ranges::any_of(
      kNever, [&](const char* glob) { return fnmatch(glob, name.c_str(), FNM_CASEFOLD) == 0; });
}

Result<Proposal> Read(std::string_view answer, const Limits& limits) {
  if (answer.size() > kAnswerLimitBytes) return Forbidden("the answer is too long");
  Lines lines(answer);
  const auto first = lines.Next();
  if (!first) return Refused(1, "it is empty");
  Proposal proposal;
  AIOP_TRY(proposal.reason, ReasonIn(*first));
  auto opening = lines.Next();
  while (opening && opening->empty()) opening = lines.Next();
  if (!opening || *opening != kOpening) return Refused(lines.number(), "```diff is missing");
  DiffReader reader(lines, limits);
  AIOP_CHECK_OK(reader.Run(proposal));
  if (lines.rest().find_first_not_of(" \t\r\n") != std::string_view::npos) {
    return Refused(lines.number() + 1, "something follows the diff");
  }
  return proposal;
}

}  // namespace aiop::proposal
