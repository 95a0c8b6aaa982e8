// SPDX-License-Identifier: Apache-2.0
#include "control/snapshot/snapshot.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "base/hash/hash.h"
#include "control/snapshot/fixture.h"

namespace aiop::snapshot {
namespace {

void FillWithEverything(const fs::path& folder) {
  fs::create_directories(folder / "empty/inner");
  fs::create_directories(folder / "src");
  const auto write = [](const fs::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary) << content;
  };
  write(folder / "src/zero", "");
  write(folder / "src/main.cc", "int main() {}\n");
  write(folder / "run.sh", "#!/bin/sh\n");
  fs::permissions(folder / "run.sh", fs::perms(0750));
  write(folder / "new\nline", "1");
  write(folder / " sp ace ", "2");
  write(folder / "\xff\xfe", "not UTF-8");
  write(folder / "..gr\xc3\xbc\xc3\x9f", "3");
  write(folder / std::string(255, 'n'), "long name");
  fs::create_symlink("src/main.cc", folder / "link");
  fs::create_symlink("/nonexistent/\xff", folder / "dangling");
  fs::create_symlink("src", folder / "link-to-folder");
  write(folder / "large", Noise(2 * kPieceBytes + 17, 1));
  write(folder / "exactly-one-piece", Noise(kPieceBytes, 2));
}

TEST_F(Snapshot, BringsBackEverything) {
  FillWithEverything(work_);
  const Taken taken = TakeNow();
  EXPECT_EQ(taken.folders, 3U);
  EXPECT_EQ(taken.files, 13U);
  RestoreTo(taken.root, base_ / "copy");
  EXPECT_EQ(Describe(base_ / "copy"), Describe(work_));
  work_ = base_ / "copy";
  EXPECT_EQ(TakeNow().root, taken.root);
}

TEST_F(Snapshot, AnEmptyFolderIsASnapshotToo) {
  const Taken taken = TakeNow();
  Write(base_ / "copy/debris", "x");
  RestoreTo(taken.root, base_ / "copy");
  EXPECT_TRUE(fs::is_empty(base_ / "copy"));
  EXPECT_TRUE(List(*store_, taken.root)->empty());
}

TEST_F(Snapshot, StoresNothingTwice) {
  Write("a/file", Noise(5000, 1));
  Write("b/file", Noise(5000, 1));
  const Taken first = TakeNow();
  EXPECT_EQ(first.objects_stored, 3U);  // one blob, one tree for a and b, the root
  const uint64_t bytes = PackBytes();
  const Taken again = TakeNow();
  EXPECT_EQ(again.root, first.root);
  EXPECT_EQ(again.objects_stored, 0U);
  EXPECT_EQ(again.bytes_stored, 0U);
  EXPECT_EQ(PackBytes(), bytes);
  EXPECT_EQ(*store_->Put(Noise(5000, 1)), HashBytes(Noise(5000, 1)));
  EXPECT_EQ(PackBytes(), bytes);
}

TEST_F(Snapshot, StoresOnlyWhatChanged) {
  for (int i = 0; i < 50; ++i) {
    Write("part" + std::to_string(i % 5) + "/" + std::to_string(i), Noise(3000, unsigned(i)));
  }
  TakeNow();
  Write("part3/3", "changed");
  const uint64_t before = PackBytes();
  const Taken taken = TakeNow();
  EXPECT_EQ(taken.objects_stored, 3U);  // the blob, its folder's tree, the root
  EXPECT_EQ(PackBytes() - before, taken.bytes_stored);
  EXPECT_LT(taken.bytes_stored, 2000U);
}

TEST_F(Snapshot, AChangeInALargeFileCostsOnePiece) {
  Write("database", Noise(5 * kPieceBytes, 7));
  TakeNow();
  std::fstream(work_ / "database", std::ios::in | std::ios::out).seekp(long(kPieceBytes) + 5)
      << "!";
  const Taken taken = TakeNow();
  EXPECT_EQ(taken.objects_stored, 3U);  // one piece, the list of pieces, the root
  EXPECT_LT(taken.bytes_stored, kPieceBytes + 4096);
  EXPECT_EQ(*ReadFile(*store_, taken.root, "database"), Read(work_ / "database"));
}

TEST_F(Snapshot, CompressesWhatShrinks) {
  std::string text;
  while (text.size() < 100'000) text += "the same line again and again\n";
  const std::string hash = *store_->Put(text);
  EXPECT_LT(PackBytes(), 10'000U);
  EXPECT_EQ(*store_->Get(hash), text);
}

// A rewrite of the same size whose mtime is put back: nothing but the content tells.
TEST_F(Snapshot, BelowTheLimitContentDecidesNotStat) {
  Write("file", "before");
  struct stat info{};
  ASSERT_EQ(stat((work_ / "file").c_str(), &info), 0);
  const Taken first = TakeNow();
  const int fd = open((work_ / "file").c_str(), O_WRONLY);
  ASSERT_EQ(pwrite(fd, "after!", 6, 0), 6);
  const timespec times[2] = {info.st_atim, info.st_mtim};
  ASSERT_EQ(futimens(fd, times), 0);
  close(fd);
  const Taken second = TakeNow();
  EXPECT_NE(second.root, first.root);
  EXPECT_EQ(*ReadFile(*store_, second.root, "file"), "after!");
  EXPECT_EQ(second.bytes_hashed, 6U);
}

class LargeFolder : public Snapshot {
 protected:
  void SetUp() override {
    Snapshot::SetUp();
    struct statfs info{};
    ASSERT_EQ(statfs(work_.c_str(), &info), 0);
    if (info.f_type != EXT4_SUPER_MAGIC) GTEST_SKIP() << "the temporary folder is not on ext4";
  }

  // As if everything were above the limit; files count as old.
  const Options options_{.threads = 2, .rehash_below_bytes = 1};

  // The stamps of fresh files are not trusted, so that the scan after them reads them again: wait
  // until they are old.
  void LetFilesAge() {
    struct stat info{};
    Write(base_ / "clock", "");
    ASSERT_EQ(stat((base_ / "clock").c_str(), &info), 0);
    for (struct stat later = info; (later.st_mtim.tv_sec - info.st_mtim.tv_sec) * 1000 +
                                       (later.st_mtim.tv_nsec - info.st_mtim.tv_nsec) / 1'000'000 <
                                   2 * kRacyWindow.count();) {
      Write(base_ / "clock", "");
      ASSERT_EQ(stat((base_ / "clock").c_str(), &later), 0);
    }
  }
};

TEST_F(LargeFolder, ReadsOnlyWhatStatSaysHasChanged) {
  for (int i = 0; i < 40; ++i)
    Write(std::to_string(i % 4) + "/" + std::to_string(i), Noise(1000, unsigned(i)));
  LetFilesAge();
  EXPECT_EQ(TakeNow(options_).bytes_hashed, 40'000U);
  Write("3/3", "new content");
  fs::remove(work_ / "1/1");
  const Taken taken = TakeNow(options_);
  EXPECT_EQ(taken.bytes_hashed, 11U);
  EXPECT_EQ(taken.files, 39U);
  RestoreTo(taken.root, base_ / "copy");
  EXPECT_EQ(Describe(base_ / "copy"), Describe(work_));
}

TEST_F(LargeFolder, ReadsFreshFilesAgain) {
  Write("fresh", "content");
  TakeNow(options_);
  EXPECT_EQ(TakeNow(options_).bytes_hashed, 7U);
}

TEST_F(LargeFolder, TheCacheSurvivesInItsFile) {
  Write("folder/file", Noise(1000, 1));
  Write("folder/program", Noise(1000, 2));
  fs::permissions(work_ / "folder/program", fs::perms(0755));
  Write("large", Noise(kPieceBytes + 1, 3));
  fs::create_symlink("x", work_ / "link");
  LetFilesAge();
  const Taken first = TakeNow(options_);
  ASSERT_TRUE(cache_.Save(base_ / "scan"));
  cache_ = ScanCache::Load(base_ / "scan");
  const Taken second = TakeNow(options_);
  EXPECT_EQ(second.root, first.root);
  EXPECT_EQ(second.bytes_hashed, 0U);

  std::string bytes = Read(base_ / "scan");
  bytes[bytes.size() / 2] ^= 1;
  Write(base_ / "scan", bytes);
  cache_ = ScanCache::Load(base_ / "scan");
  EXPECT_EQ(TakeNow(options_).bytes_hashed, first.bytes_hashed);
  cache_ = ScanCache::Load(base_ / "absent");
  EXPECT_EQ(TakeNow(options_).root, first.root);
}

TEST_F(LargeFolder, AnotherStoreGetsEverything) {
  Write("a/file", Noise(1000, 1));
  LetFilesAge();
  const Taken first = TakeNow(options_);
  blobs_ = base_ / "other";
  OpenStore();
  const Taken second = TakeNow(options_);
  EXPECT_EQ(second.root, first.root);
  EXPECT_EQ(second.objects_stored, 3U);
  RestoreTo(second.root, base_ / "copy");
  EXPECT_EQ(Describe(base_ / "copy"), Describe(work_));
}

// After the first store through a mapping the times stand still until a syncfs.
TEST_F(LargeFolder, NoticesWritesThroughAMapping) {
  Write("mapped", Noise(8192, 1));
  const int fd = open((work_ / "mapped").c_str(), O_RDWR);
  auto* bytes = static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0));
  ASSERT_NE(bytes, MAP_FAILED);
  bytes[0] = 'a';
  LetFilesAge();
  const Taken first = TakeNow(options_);
  LetFilesAge();
  bytes[1] = 'b';
  const Taken second = TakeNow(options_);
  EXPECT_EQ(ReadFile(*store_, second.root, "mapped")->substr(0, 2), "ab");
  LetFilesAge();
  bytes[1] = 'c';
  EXPECT_EQ(ReadFile(*store_, TakeNow(options_).root, "mapped")->substr(0, 2), "ac");
  EXPECT_NE(first.root, second.root);
  munmap(bytes, 8192);
  close(fd);
}

TEST_F(Snapshot, RefusesWhatItCannotHold) {
  Write("fine", "x");
  ASSERT_EQ(mkfifo((work_ / "pipe").c_str(), 0600), 0);
  auto taken = Take(*store_, work_, cache_);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kInvalid);
  EXPECT_NE(taken.error().message.find("pipe"), std::string::npos) << taken.error().message;
  fs::remove(work_ / "pipe");

  const int fd = open((work_ / "sparse").c_str(), O_CREAT | O_WRONLY, 0600);
  ASSERT_EQ(ftruncate(fd, off_t(kFileLimitBytes) + 1), 0);
  close(fd);
  taken = Take(*store_, work_, cache_);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find("sparse"), std::string::npos) << taken.error().message;
  fs::remove(work_ / "sparse");

  fs::path deep = work_;
  for (unsigned i = 0; i <= kDepthLimit; ++i) deep /= "d";
  fs::create_directories(deep);
  taken = Take(*store_, work_, cache_);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Code::kInvalid);
  EXPECT_FALSE(Take(*store_, base_ / "absent", cache_));
}

TEST_F(Snapshot, RestoreOverDebris) {
  FillWithEverything(work_);
  const Taken taken = TakeNow();
  const auto wanted = Describe(work_);
  struct stat before{};
  ASSERT_EQ(stat((work_ / "src/main.cc").c_str(), &before), 0);

  Write("run.sh", "#!/bin/sh\nrm -rf /\n");              // other content
  fs::permissions(work_ / "src/zero", fs::perms(0777));  // other mode
  fs::remove_all(work_ / "empty");                       // folder gone
  Write("empty", "a file where a folder was");           // folder became file
  fs::remove(work_ / "new\nline");
  Write("new\nline/inner", "a folder where a file was");  // file became folder
  fs::remove(work_ / "link");
  fs::create_symlink("elsewhere", work_ / "link");  // other target
  Write("sealed/inner/file", "debris");
  fs::permissions(work_ / "sealed/inner", fs::perms(0500));
  fs::permissions(work_ / "src", fs::perms(0500));
  std::fstream(work_ / "large", std::ios::in | std::ios::out).seekp(long(kPieceBytes) + 5) << "!";
  ASSERT_EQ(mkfifo((work_ / "pipe").c_str(), 0600), 0);
  fs::path deep = work_;
  for (int i = 0; i < 300; ++i) deep /= "deep";
  fs::create_directories(deep);

  RestoreTo(taken.root, work_);
  EXPECT_EQ(Describe(work_), wanted);
  struct stat after{};
  ASSERT_EQ(stat((work_ / "src/main.cc").c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino) << "what is equal is kept";
  EXPECT_EQ(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

TEST_F(Snapshot, RestoreNeverWritesThroughLinks) {
  Write("folder/file", "from the snapshot");
  Write("single", "from the snapshot");
  Write("large", Noise(kPieceBytes + 1, 1));
  Write("linked", "from the snapshot");
  const Taken taken = TakeNow();
  const auto wanted = Describe(work_);

  const fs::path outside = base_ / "outside";
  Write(outside / "file", "precious");
  Write(outside / "other", "precious");
  Write(outside / "large", "precious");
  const auto untouched = Describe(outside);
  fs::remove_all(work_ / "folder");
  fs::create_directory_symlink(outside, work_ / "folder");  // a folder became a link to a folder
  fs::remove(work_ / "single");
  fs::create_symlink(outside / "other", work_ / "single");  // a file became a link to a file
  fs::remove(work_ / "large");
  fs::create_symlink(outside / "large", work_ / "large");
  fs::remove(work_ / "linked");
  fs::create_hard_link(outside / "other", work_ / "linked");
  fs::create_directory_symlink(outside, work_ / "debris");

  RestoreTo(taken.root, work_);
  EXPECT_EQ(Describe(work_), wanted);
  EXPECT_EQ(Describe(outside), untouched);

  fs::create_directory_symlink(outside, base_ / "alias");
  EXPECT_FALSE(Restore(*store_, taken.root, base_ / "alias"));
  EXPECT_FALSE(Restore(*store_, taken.root, (base_ / "alias").string() + "/"));
  EXPECT_EQ(Describe(outside), untouched);
}

TEST_F(Snapshot, RestoreTouchesNothingWithoutTheSnapshot) {
  Write("file", "kept");
  EXPECT_EQ(Restore(*store_, std::string(64, '0'), work_).error().code, Code::kNotFound);
  EXPECT_EQ(Restore(*store_, "nonsense", work_).error().code, Code::kInvalid);
  EXPECT_EQ(Read(work_ / "file"), "kept");
}

TEST_F(Snapshot, ListsAndReads) {
  Write("b/c", "text");
  Write("a", "");
  fs::permissions(work_ / "a", fs::perms(0755));
  fs::create_symlink("a", work_ / "z");
  const Taken taken = TakeNow();
  const auto entries = List(*store_, taken.root);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 4U);
  EXPECT_EQ((*entries)[0], (Entry{"a", Kind::kExecutable, 0, HashBytes("")}));
  EXPECT_EQ((*entries)[1].path, "b");
  EXPECT_EQ((*entries)[1].kind, Kind::kFolder);
  EXPECT_EQ((*entries)[2], (Entry{"b/c", Kind::kFile, 4, HashBytes("text")}));
  EXPECT_EQ((*entries)[3], (Entry{"z", Kind::kLink, 1, HashBytes("a")}));
  EXPECT_EQ(*ReadFile(*store_, taken.root, "b/c"), "text");
  for (const char* path : {"b/d", "c", "a/x", "", "b/", "/a", "../a", "b/../a"}) {
    EXPECT_EQ(ReadFile(*store_, taken.root, path).error().code, Code::kNotFound) << path;
  }
  EXPECT_EQ(ReadFile(*store_, taken.root, "b").error().code, Code::kInvalid);
  EXPECT_EQ(ReadFile(*store_, taken.root, "z").error().code, Code::kInvalid);
}

TEST_F(Snapshot, DiffSaysWhatChanged) {
  Write("same/file", "same");
  Write("modified", "1");
  Write("program", "x");
  Write("removed/file", "x");
  Write("turned", "file");
  const std::string before = TakeNow().root;
  Write("modified", "2");
  fs::permissions(work_ / "program", fs::perms(0755));
  fs::remove_all(work_ / "removed");
  fs::remove(work_ / "turned");
  Write("turned/inner", "file");
  Write("added", "x");
  const std::string after = TakeNow().root;

  std::vector<std::string> lines;
  for (const Change& change : *Diff(*store_, before, after)) {
    lines.push_back(std::string(1, "+-*"[int(change.what)]) + change.entry.path);
  }
  EXPECT_EQ(lines,
            (std::vector<std::string>{"+added", "*modified", "*program", "-removed",
                                      "-removed/file", "-turned", "+turned", "+turned/inner"}));
  EXPECT_TRUE(Diff(*store_, after, after)->empty());
}

TEST_F(Snapshot, TwoTakesAtOnce) {
  const fs::path other = base_ / "other";
  for (int i = 0; i < 300; ++i) {
    Write("f" + std::to_string(i % 10) + "/" + std::to_string(i), Noise(20'000, unsigned(i)));
    Write(other / ("g" + std::to_string(i % 10)) / std::to_string(i),
          Noise(20'000, unsigned(i / 2)));
  }
  Result<Taken> second = Invalid("not run");
  ScanCache cache;
  std::thread thread([&] { second = Take(*store_, other, cache); });
  const Taken first = TakeNow();
  thread.join();
  ASSERT_TRUE(second) << second.error().message;
  OpenStore();
  RestoreTo(first.root, base_ / "copy1");
  RestoreTo(second->root, base_ / "copy2");
  EXPECT_EQ(Describe(base_ / "copy1"), Describe(work_));
  EXPECT_EQ(Describe(base_ / "copy2"), Describe(other));
}

TEST_F(Snapshot, AFolderThatChangesMeanwhileIsTakenAllTheSame) {
  for (int i = 0; i < 200; ++i)
    Write("f" + std::to_string(i % 7) + "/" + std::to_string(i), Noise(3000, unsigned(i)));
  std::atomic<bool> stop{false};
  std::thread plant([&] {
    for (unsigned i = 0; !stop; ++i) {
      const fs::path file = work_ / ("f" + std::to_string(i % 7)) / ("t" + std::to_string(i % 40));
      std::error_code ignored;
      if (i % 3 == 0) {
        fs::remove(file, ignored);
      } else {
        std::ofstream(file) << Noise(i % 5000, i);
      }
    }
  });
  std::vector<std::string> roots;
  for (int i = 0; i < 10; ++i) roots.push_back(TakeNow().root);
  stop = true;
  plant.join();
  for (const std::string& root : roots) RestoreTo(root, base_ / "copy");
}

}  // namespace
}  // namespace aiop::snapshot
