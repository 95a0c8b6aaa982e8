// SPDX-License-Identifier: Apache-2.0
//
// What this module's tests share.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/file/file.h"
#include "control/snapshot/snapshot.h"

namespace aiop::snapshot {

namespace fs = std::filesystem;

// Bytes that do not compress.
inline std::string Noise(size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes;
  while (bytes.size() < size) {
    const uint64_t number = random();
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  bytes.resize(size);
  return bytes;
}

// A folder of its own for each test, on a real file system.
class Snapshot : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "aiop-snapshot-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    base_ = name;
    work_ = base_ / "work";
    blobs_ = base_ / "blobs";
    fs::create_directory(work_);
    OpenStore();
  }
  void TearDown() override {
    store_.reset();
    EXPECT_TRUE(file::RemoveTree(base_));
  }

  void OpenStore() {
    store_.reset();
    auto store = BlobStore::Open(blobs_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = *std::move(store);
  }

  void Write(const fs::path& path, std::string_view content) {
    const fs::path full = path.is_absolute() ? path : work_ / path;
    fs::create_directories(full.parent_path());
    std::ofstream(full, std::ios::binary | std::ios::trunc) << content;
  }

  static std::string Read(const fs::path& path) {
    auto content = file::Read(path);
    return content ? *content : "error: " + content.error().message;
  }

  Taken TakeNow(const Options& options = {}) {
    auto taken = Take(*store_, work_, cache_, options);
    EXPECT_TRUE(taken) << taken.error().message;
    return taken ? *taken : Taken{};
  }

  void RestoreTo(const std::string& root, const fs::path& folder) {
    const Status status = Restore(*store_, root, folder);
    ASSERT_TRUE(status) << status.error().message;
  }

  // Everything in a folder as text: what a snapshot promises to bring back.
  static std::map<std::string, std::string> Describe(const fs::path& folder) {
    std::map<std::string, std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string name = entry.path().lexically_relative(folder).string();
      struct stat info{};
      EXPECT_EQ(lstat(entry.path().c_str(), &info), 0);
      if (entry.is_symlink()) {
        found[name] = "link to " + fs::read_symlink(entry.path()).string();
      } else if (entry.is_directory()) {
        found[name] = "folder";
      } else {
        found[name] = ((info.st_mode & S_IXUSR) != 0 ? "program " : "file ") + Read(entry.path());
      }
    }
    return found;
  }

  void FillWorkFolder() {
    for (unsigned i = 0; i < 30; ++i) {
      Write("part" + std::to_string(i % 4) + "/" + std::to_string(i), Noise(500 + 40 * i, i));
    }
    Write("text", std::string(3000, 't'));
  }

  uint64_t PackBytes() {
    uint64_t bytes = 0;
    for (const auto& entry : fs::directory_iterator(blobs_ / "packs")) bytes += entry.file_size();
    return bytes;
  }

  fs::path OnlyPack() {
    std::vector<fs::path> packs;
    for (const auto& entry : fs::directory_iterator(blobs_ / "packs")) packs.push_back(entry);
    EXPECT_EQ(packs.size(), 1U);
    return packs.empty() ? fs::path() : packs[0];
  }

  fs::path base_, work_, blobs_;
  std::unique_ptr<BlobStore> store_;
  ScanCache cache_;
};

}  // namespace aiop::snapshot
