// SPDX-License-Identifier: Apache-2.0
//
// Folders by descriptor: every step is relative to an open folder and follows no symbolic link, so
// that nobody can lead us elsewhere by swapping a folder for a link. Thread-safe: no state.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/file/file.h"
#include "base/result/result.h"

namespace aiop::snapshot {

// The folder `name` in `parent`; no descriptor (errno set) if it cannot be opened or is no folder.
file::Descriptor OpenFolderAt(int parent, const std::string& name);

// The same after giving us all rights on it, if it lacks some.
file::Descriptor OpenFolderToChange(int parent, const std::string& name);

// Without a slash at the end, with which the system would follow a link.
inline std::filesystem::path WithoutSlash(const std::filesystem::path& path) {
  return path.has_filename() ? path : path.parent_path();
}

// The folder at the relative path `path` ("" is `root` itself), opened part by part.
file::Descriptor OpenBeneath(int root, std::string_view path);

// All names but "." and "..", sorted by their bytes.
Result<std::vector<std::string>> Names(int folder, std::string_view path_for_errors);

// Removes whatever `name` is, with all below it; folders without rights are given them first.
// Absent is fine.
Status RemoveAt(int folder, const std::string& name, std::string_view path_for_errors);

// The link's target.
Result<std::string> ReadLinkAt(int folder, const std::string& name);

// Whether errno says that what was there a moment ago is gone or became something else.
bool IsVanished(int error_number);

inline std::string Join(std::string_view folder, std::string_view name) {
  return folder.empty() ? std::string(name) : std::string(folder) + '/' + std::string(name);
}

}  // namespace aiop::snapshot
