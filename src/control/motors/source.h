// SPDX-License-Identifier: Apache-2.0
//
// Where a motor comes from, and how what is there gets into refs/upstream/* of our repository.
// Sources are only read.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result/result.h"

namespace aiop::motors {

inline constexpr char kUpstreamHeads[] = "refs/upstream/heads/";
inline constexpr char kUpstreamTags[] = "refs/upstream/tags/";
inline constexpr char kUpstreamPulls[] = "refs/upstream/pull/";
inline constexpr char kUpstreamHead[] = "refs/upstream/HEAD";  // symbolic
inline constexpr char kUpstreamDetached[] = "refs/upstream/DETACHED";

// Where things are inside the folder of a Repository.
struct Layout {
  std::filesystem::path folder;

  std::filesystem::path Repository() const { return folder / "repository.git"; }
  std::filesystem::path Importing() const { return folder / "repository.git.importing"; }
  std::filesystem::path Record() const { return folder / "source.json"; }
  std::filesystem::path Lock() const { return folder / "fetch.lock"; }
  std::filesystem::path Mirror() const { return folder / "mirror.git"; }
  std::filesystem::path Converted() const { return folder / "converted.git"; }
};

// An absolute path or a URL; kInvalid if it is neither a thing that exists nor looks like a URL.
Result<std::string> NormaliseSource(const std::string& path_or_url);

// A folder that is no git repository.
bool IsPlainFolder(const std::string& source);

// Brings refs/upstream/* of `git_folder` up to date. The caller holds the layout's lock.
Status FetchSource(const Layout& layout, const std::filesystem::path& git_folder,
                   const std::string& source);

// The part of it for git repositories, bundles and URLs.
Status FetchRepository(const Layout& layout, const std::filesystem::path& git_folder,
                       const std::string& source);

// refs/pull/N/head of the source as refs/upstream/pull/N of `git_folder`. One that is not there
// fails all.
Status FetchPullHeads(const Layout& layout, const std::filesystem::path& git_folder,
                      const std::string& source, const std::vector<int64_t>& numbers);

// The part of it for plain folders: a commit on top of refs/upstream/heads/main if the content
// differs.
Status FetchPlainFolder(const Layout& layout, const std::filesystem::path& git_folder,
                        const std::string& source);

// Whether our own repository can be pushed to the source: not if ids had to be converted. (Knows
// only after a fetch.)
bool IsConverted(const Layout& layout);

}  // namespace aiop::motors
