// SPDX-License-Identifier: Apache-2.0
#include "control/plants/tree.h"

#include "base/file/file.h"
#include "base/hash/hash.h"

namespace aiop::plants {

namespace fs = std::filesystem;

namespace {

std::string KindOfFile(const fs::path& path) {
  const auto status = fs::symlink_status(path);
  const bool runs = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
  return runs ? "program" : "file";
}

}  // namespace

Result<std::map<std::string, std::string>> HashTree(const fs::path& folder) {
  std::map<std::string, std::string> files;
  std::error_code error;
  for (auto each = fs::recursive_directory_iterator(folder, error);
       !error && each != fs::recursive_directory_iterator(); each.increment(error)) {
    const fs::path relative = each->path().lexically_relative(folder);
    if (relative == ".git") {
      each.disable_recursion_pending();
      continue;
    }
    Hasher hasher;
    if (each->is_symlink()) {
      hasher.AddField("link");
      hasher.AddField(fs::read_symlink(each->path(), error).string());
    } else if (each->is_regular_file()) {
      AIOP_TRY(const std::string content, file::Read(each->path()));
      hasher.AddField(KindOfFile(each->path()));
      hasher.AddField(content);
    } else {
      continue;
    }
    files[relative.generic_string()] = hasher.Finish();
  }
  if (error) return Unavailable(folder.string() + ": " + error.message());
  return files;
}

}  // namespace aiop::plants
