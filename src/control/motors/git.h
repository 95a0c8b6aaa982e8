// SPDX-License-Identifier: Apache-2.0
//
// libgit2 as the rest of this module uses it: owned handles, errors as values. Each operation opens
// the repository for itself, which is cheap and makes everything thread-safe and fresh after a
// fetch.
#pragma once

#include <git2.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "base/result/result.h"

namespace aiop::motors::git {

// An owned libgit2 object.
template <class T, auto Free>
class Handle {
 public:
  Handle() = default;
  explicit Handle(T* object) : object_(object) {}
  Handle(Handle&& other) noexcept : object_(other.Release()) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) Reset(other.Release());
    return *this;
  }
  ~Handle() { Reset(nullptr); }

  T* get() const { return object_; }
  T* Release() { return std::exchange(object_, nullptr); }

  // For a C function to fill in: empties the handle first.
  T** Out() {
    Reset(nullptr);
    return &object_;
  }

 private:
  void Reset(T* object) {
    T* const old = std::exchange(object_, object);
    if (old != nullptr) Free(old);
  }

  T* object_ = nullptr;
};

using RepositoryHandle = Handle<git_repository, git_repository_free>;
using OdbHandle = Handle<git_odb, git_odb_free>;
using ObjectHandle = Handle<git_object, git_object_free>;
using CommitHandle = Handle<git_commit, git_commit_free>;
using TreeHandle = Handle<git_tree, git_tree_free>;
using EntryHandle = Handle<git_tree_entry, git_tree_entry_free>;
using BlobHandle = Handle<git_blob, git_blob_free>;
using IndexHandle = Handle<git_index, git_index_free>;
using ConflictsHandle = Handle<git_index_conflict_iterator, git_index_conflict_iterator_free>;
using ReferenceHandle = Handle<git_reference, git_reference_free>;
using ReferencesHandle = Handle<git_reference_iterator, git_reference_iterator_free>;
using DiffHandle = Handle<git_diff, git_diff_free>;
using SignatureHandle = Handle<git_signature, git_signature_free>;

// `git_tree_lookup(Out(tree), ...)`.
template <class T, auto Free>
T** Out(Handle<T, Free>& handle) {
  return handle.Out();
}

// "what: libgit2's last message".
std::unexpected<Error> Failure(Code code, std::string_view what);

Result<RepositoryHandle> Open(const std::filesystem::path& git_folder);
// An empty bare repository, without hooks.
Status Create(const std::filesystem::path& git_folder);

std::string Text(const git_oid& id);
Result<git_oid> ParseId(std::string_view text);

Result<CommitHandle> LookUpCommit(git_repository* repository, std::string_view id);
// The tree of a commit, or the tree itself.
Result<TreeHandle> LookUpTree(git_repository* repository, std::string_view revision);
Result<std::string> ReadBlob(git_repository* repository, const git_oid& id, std::string_view name);

// The commit a ref leads to, through symbolic refs and tags; kNotFound.
Result<std::string> ResolveToCommit(git_repository* repository, const std::string& name);

}  // namespace aiop::motors::git
