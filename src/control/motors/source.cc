// SPDX-License-Identifier: Apache-2.0
#include "control/motors/source.h"

#include <optional>

#include "base/fault/fault.h"
#include "base/file/file.h"
#include "control/motors/git.h"
#include "control/motors/program.h"

namespace aiop::motors {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSha256Digits = 64;
constexpr char kMirrorDetached[] = "refs/aiop/detached";

// What the source answers when asked for its refs.
struct Advertisement {
  bool sha256 = false;
  bool has_head = false;
  std::string default_branch;  // empty if HEAD is detached
};

Advertisement ParseAdvertisement(std::string_view text) {
  Advertisement answer;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string_view left = line.substr(0, tab), name = line.substr(tab + 1);
    constexpr std::string_view kBranch = "ref: refs/heads/";
    if (left.starts_with("ref: ")) {
      if (name == "HEAD" && left.starts_with(kBranch)) {
        answer.default_branch = left.substr(kBranch.size());
      }
      continue;
    }
    answer.sha256 = left.size() == kSha256Digits;
    if (name == "HEAD") answer.has_head = true;
  }
  return answer;
}

Result<Advertisement> Ask(const GitProgram& git, const std::string& source) {
  // Run outside of any repository, so that the object format of ours does not count.
  AIOP_TRY(const std::string text,
           git.Read({.arguments = {"ls-remote", "--symref", "--", source}}, Code::kUnavailable));
  return ParseAdvertisement(text);
}

bool IsShallow(const Layout& layout, const std::string& source) {
  if (!IsLocal(source) || !fs::is_directory(source)) return false;
  const GitProgram git("", layout.folder, source);
  const auto answer = git.Read(
      {.arguments = {"rev-parse", "--is-shallow-repository"}, .folder = source}, Code::kInvalid);
  return answer && answer->starts_with("true");
}

Status FetchRefs(const GitProgram& git, const std::string& source,
                 const std::vector<std::string>& refspecs) {
  GitCall call{.arguments = {"fetch", "--quiet", "--no-tags", "--prune", "--no-write-fetch-head",
                             "--update-shallow", "--no-recurse-submodules", "--", source}};
  call.arguments.insert(call.arguments.end(), refspecs.begin(), refspecs.end());
  AIOP_CHECK_OK(git.Read(call, Code::kUnavailable));
  fault::Point("motors.fetch");
  return {};
}

// libgit2 reads neither SHA-256 nor shallow repositories: such a source is mirrored as it is, then
// written anew with SHA-1 ids and its history cut at the shallow end. The same content always gets
// the same ids.
Status Convert(const Layout& layout, const std::string& source, const Advertisement& answer) {
  const GitProgram mirror(layout.Mirror(), layout.folder, source);
  const GitProgram converted(layout.Converted(), layout.folder, layout.Mirror().string());
  if (!fs::exists(layout.Mirror() / "HEAD")) {
    AIOP_CHECK_OK(mirror.Read(
        {.arguments = {"init", "--quiet", "--bare", "--template=",
                       answer.sha256 ? "--object-format=sha256" : "--object-format=sha1"}},
        Code::kUnavailable));
  }
  std::vector<std::string> refspecs = {"+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"};
  if (answer.default_branch.empty()) refspecs.push_back(std::string("+HEAD:") + kMirrorDetached);
  AIOP_CHECK_OK(FetchRefs(mirror, source, refspecs));
  AIOP_TRY(const std::string stream,
           mirror.Read({.arguments = {"fast-export", "--all", "--reencode=no",
                                      "--signed-tags=strip", "--tag-of-filtered-object=drop"}},
                       Code::kUnavailable));
  AIOP_CHECK_OK(file::RemoveTree(layout.Converted()));
  AIOP_CHECK_OK(git::Create(layout.Converted()));
  AIOP_CHECK_OK(converted.Read(
      {.arguments = {"fast-import", "--quiet", "--force"}, .input = stream}, Code::kUnavailable));
  return {};
}

Status SetHead(const fs::path& git_folder, const std::string& default_branch) {
  AIOP_TRY(const auto repository, git::Open(git_folder));
  const std::string target =
      default_branch.empty() ? kUpstreamDetached : kUpstreamHeads + default_branch;
  git::ReferenceHandle reference;
  if (git_reference_symbolic_create(git::Out(reference), repository.get(), kUpstreamHead,
                                    target.c_str(), 1, nullptr) != 0) {
    return git::Failure(Code::kUnavailable, "cannot record the default branch");
  }
  fault::Point("motors.head");
  return {};
}

bool LooksLikeUrl(const std::string& text) {
  for (const char* scheme : {"https://", "http://", "ssh://", "git://"}) {
    if (text.starts_with(scheme)) return text.size() > std::string_view(scheme).size();
  }
  // user@host:path, as ssh and git take it
  const size_t colon = text.find(':');
  return colon != std::string::npos && colon > 0 && colon + 1 < text.size() &&
         text.find('/') > colon && text[colon + 1] != ':' && text.find("://") == std::string::npos;
}

}  // namespace

Result<std::string> NormaliseSource(const std::string& path_or_url) {
  constexpr std::string_view kFileScheme = "file://";
  const std::string text =
      path_or_url.starts_with(kFileScheme) ? path_or_url.substr(kFileScheme.size()) : path_or_url;
  if (text.empty() || text.starts_with('-') || text.find('\0') != std::string::npos) {
    return Invalid("\"" + path_or_url + "\" is neither a path nor a URL of a motor");
  }
  std::error_code error;
  if (fs::exists(text, error)) {
    const fs::path path = fs::canonical(text, error);
    if (error) return Unavailable("cannot read " + text + ": " + error.message());
    return path.string();
  }
  if (LooksLikeUrl(path_or_url)) return path_or_url;
  return NotFound("there is no motor at " + WithoutCredentials(path_or_url) +
                  ": it is no path that exists, and no http, https, ssh or git URL");
}

bool IsPlainFolder(const std::string& source) {
  std::error_code error;
  const fs::path path(source);
  if (!IsLocal(source) || !fs::is_directory(path, error)) return false;
  if (fs::exists(fs::symlink_status(path / ".git", error))) return false;
  return !(fs::is_regular_file(path / "HEAD", error) && fs::is_directory(path / "objects", error) &&
           fs::is_directory(path / "refs", error));
}

Status FetchSource(const Layout& layout, const fs::path& git_folder, const std::string& source) {
  std::error_code error;
  if (IsLocal(source) && !fs::exists(source, error)) {
    return Unavailable("the motor's source " + source + " is not there any more");
  }
  if (IsPlainFolder(source)) return FetchPlainFolder(layout, git_folder, source);
  return FetchRepository(layout, git_folder, source);
}

Status FetchRepository(const Layout& layout, const fs::path& git_folder,
                       const std::string& source) {
  AIOP_TRY(const Advertisement answer, Ask(GitProgram("", layout.folder, source), source));
  if (!answer.has_head) {
    return Invalid(WithoutCredentials(source) + " has no commit on its current branch yet");
  }
  const bool convert = answer.sha256 || IsConverted(layout) || IsShallow(layout, source);
  std::string origin = source;
  std::string detached = "HEAD";
  if (convert) {
    AIOP_CHECK_OK(Convert(layout, source, answer));
    origin = layout.Converted().string();
    detached = kMirrorDetached;
  }
  std::vector<std::string> refspecs = {std::string("+refs/heads/*:") + kUpstreamHeads + "*",
                                       std::string("+refs/tags/*:") + kUpstreamTags + "*"};
  if (answer.default_branch.empty()) refspecs.push_back("+" + detached + ":" + kUpstreamDetached);
  AIOP_CHECK_OK(FetchRefs(GitProgram(git_folder, layout.folder, origin), origin, refspecs));
  if (convert) AIOP_CHECK_OK(file::RemoveTree(layout.Converted()));
  return SetHead(git_folder, answer.default_branch);
}

Status FetchPullHeads(const Layout& layout, const fs::path& git_folder, const std::string& source,
                      const std::vector<int64_t>& numbers) {
  std::vector<std::string> refspecs;
  for (const int64_t number : numbers) {
    const std::string digits = std::to_string(number);
    refspecs.push_back("+refs/pull/" + digits + "/head:" + kUpstreamPulls + digits);
  }
  return FetchRefs(GitProgram(git_folder, layout.folder, source), source, refspecs);
}

bool IsConverted(const Layout& layout) {
  std::error_code error;
  return fs::exists(layout.Mirror() / "HEAD", error);
}

}  // namespace aiop::motors
