// SPDX-License-Identifier: Apache-2.0
#include "control/motors/git.h"

#include "control/motors/motors.h"

namespace aiop::motors::git {
namespace {

// The repositories opened here are our own whoever the process runs as, nobody's settings but ours
// count in them, and what is acknowledged must be on disk.
bool StartLibrary() {
  git_libgit2_init();
  for (const int level : {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM,
                          GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
    git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
  }
  git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  git_libgit2_opts(GIT_OPT_ENABLE_FSYNC_GITDIR, 1);
  return true;
}

void EnsureLibrary() {
  static const bool started = StartLibrary();
  static_cast<void>(started);
}

}  // namespace

std::unexpected<Error> Failure(Code code, std::string_view what) {
  const git_error* error = git_error_last();
  std::string message(what);
  if (error != nullptr && error->message != nullptr) message += std::string(": ") + error->message;
  return Fail(code, std::move(message));
}

Result<RepositoryHandle> Open(const std::filesystem::path& git_folder) {
  EnsureLibrary();
  RepositoryHandle repository;
  if (git_repository_open_bare(Out(repository), git_folder.c_str()) != 0) {
    return Failure(Code::kUnavailable, "cannot open " + git_folder.string());
  }
  return repository;
}

Status Create(const std::filesystem::path& git_folder) {
  EnsureLibrary();
  git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
  options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT |
                  GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_MKPATH;
  options.initial_head = "main";
  RepositoryHandle repository;
  if (git_repository_init_ext(Out(repository), git_folder.c_str(), &options) != 0) {
    return Failure(Code::kUnavailable, "cannot create " + git_folder.string());
  }
  return {};
}

std::string Text(const git_oid& id) {
  char text[GIT_OID_HEXSZ + 1];
  return git_oid_tostr(text, sizeof text, &id);
}

Result<git_oid> ParseId(std::string_view text) {
  git_oid id;
  if (text.size() != GIT_OID_HEXSZ || git_oid_fromstrn(&id, text.data(), text.size()) != 0) {
    return Invalid("\"" + std::string(text) + "\" is no commit or tree id");
  }
  return id;
}

Result<CommitHandle> LookUpCommit(git_repository* repository, std::string_view id_text) {
  AIOP_TRY(const git_oid id, ParseId(id_text));
  CommitHandle commit;
  if (git_commit_lookup(Out(commit), repository, &id) != 0) {
    return NotFound("there is no commit " + std::string(id_text));
  }
  return commit;
}

Result<TreeHandle> LookUpTree(git_repository* repository, std::string_view revision) {
  AIOP_TRY(const git_oid id, ParseId(revision));
  ObjectHandle object;
  ObjectHandle tree;
  if (git_object_lookup(Out(object), repository, &id, GIT_OBJECT_ANY) != 0 ||
      git_object_peel(Out(tree), object.get(), GIT_OBJECT_TREE) != 0) {
    return NotFound("there is no commit or tree " + std::string(revision));
  }
  return TreeHandle(reinterpret_cast<git_tree*>(tree.Release()));
}

Result<std::string> ReadBlob(git_repository* repository, const git_oid& id, std::string_view name) {
  OdbHandle odb;
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  if (git_repository_odb(Out(odb), repository) != 0 ||
      git_odb_read_header(&size, &type, odb.get(), &id) != 0) {
    return Failure(Code::kNotFound, std::string(name) + ": its content is missing");
  }
  if (type != GIT_OBJECT_BLOB) return Invalid(std::string(name) + " is no file");
  if (size > kFileLimitBytes) {
    return Invalid(std::string(name) + " is larger than the limit of " +
                   std::to_string(kFileLimitBytes) + " bytes");
  }
  BlobHandle blob;
  if (git_blob_lookup(Out(blob), repository, &id) != 0) {
    return Failure(Code::kUnavailable, std::string(name) + ": its content cannot be read");
  }
  return std::string(static_cast<const char*>(git_blob_rawcontent(blob.get())),
                     size_t(git_blob_rawsize(blob.get())));
}

Result<std::string> ResolveToCommit(git_repository* repository, const std::string& name) {
  ReferenceHandle reference;
  ObjectHandle commit;
  if (git_reference_lookup(Out(reference), repository, name.c_str()) != 0 ||
      git_reference_peel(Out(commit), reference.get(), GIT_OBJECT_COMMIT) != 0) {
    return NotFound("there is no commit at " + name);
  }
  return Text(*git_object_id(commit.get()));
}

}  // namespace aiop::motors::git
