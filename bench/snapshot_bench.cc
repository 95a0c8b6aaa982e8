// SPDX-License-Identifier: Apache-2.0
//
// What checkpoints of a large work folder cost: the first snapshot of 1 GiB in 100,000 files, then
// one after 10 files changed, one without any change, and a restore over it.
//   snapshot_bench [FOLDER [FILES [BYTES_PER_FILE [PERCENT_RANDOM]]]]
// FOLDER (default: the system's temporary folder) must be on the disk to be measured.
// PERCENT_RANDOM of the files do not compress, the others read like source text.
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "base/file/file.h"
#include "base/time/time.h"
#include "control/snapshot/snapshot.h"

namespace {

namespace fs = std::filesystem;
using aiop::Status;

constexpr int kFilesPerFolder = 100;

struct Plan {
  fs::path base = fs::temp_directory_path();
  long files = 100'000;
  long bytes_per_file = (1L << 30) / 100'000;
  long percent_random = 30;
};

std::string Content(std::mt19937_64& random, size_t size, bool compressible) {
  static constexpr const char* kWords[] = {"return ", "const ", "std::string ", "value",  " = ",
                                           "if (",    ") {\n",  "}\n",          "size()", "; ",
                                           "result",  "// ",    "snapshot ",    "folder", "\n  "};
  std::string content;
  while (content.size() < size) {
    const uint64_t number = random();
    if (!compressible) {
      content.append(reinterpret_cast<const char*>(&number), sizeof number);
    } else {
      content += kWords[number % std::size(kWords)];
      if (number % 7 == 0) content += std::to_string(number >> 48);
    }
  }
  content.resize(size);
  return content;
}

fs::path FilePath(const fs::path& work, long number) {
  const long folder = number / kFilesPerFolder;
  return work / ("part" + std::to_string(folder / 32)) / ("unit" + std::to_string(folder)) /
         ("file" + std::to_string(number) + ".txt");
}

Status MakeFiles(const fs::path& work, const Plan& plan) {
  std::mt19937_64 random(1);
  for (long i = 0; i < plan.files; ++i) {
    const fs::path path = FilePath(work, i);
    if (i % kFilesPerFolder == 0) AIOP_CHECK_OK(aiop::file::MakeFolders(path.parent_path()));
    const bool compressible = long(random() % 100) >= plan.percent_random;
    AIOP_CHECK_OK(
        aiop::file::Write(path, Content(random, size_t(plan.bytes_per_file), compressible)));
  }
  return {};
}

Status ChangeFiles(const fs::path& work, const Plan& plan, int count) {
  std::mt19937_64 random(2);
  for (int i = 0; i < count; ++i) {
    const fs::path path = FilePath(work, long(random() % uint64_t(plan.files)));
    AIOP_CHECK_OK(aiop::file::Write(path, Content(random, size_t(plan.bytes_per_file), true)));
  }
  return {};
}

uint64_t BytesOnDisk(const fs::path& folder) {
  uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// Of the whole process, user and system: what a busy machine does not distort.
double CpuSeconds() {
  struct rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

aiop::Result<std::string> Measure(const char* what, aiop::snapshot::BlobStore& store,
                                  const fs::path& work, const fs::path& blobs,
                                  aiop::snapshot::ScanCache& cache) {
  const uint64_t before = BytesOnDisk(blobs);
  const double cpu = CpuSeconds();
  AIOP_TRY(const auto taken, aiop::snapshot::Take(store, work, cache));
  std::printf(
      "%-18s %8.3f s (CPU %6.3f s)   %7.1f MB hashed   %9.3f MB stored (%llu objects)   store grew "
      "%9.3f MB\n",
      what, double(taken.elapsed.count()) / 1e3, CpuSeconds() - cpu,
      double(taken.bytes_hashed) / 1e6, double(taken.bytes_stored) / 1e6,
      static_cast<unsigned long long>(taken.objects_stored),
      (double(BytesOnDisk(blobs)) - double(before)) / 1e6);
  std::fflush(stdout);
  return taken.root;
}

Status Run(const Plan& plan, const fs::path& folder) {
  const fs::path work = folder / "work";
  const fs::path blobs = folder / "blobs";
  AIOP_CHECK_OK(MakeFiles(work, plan));
  sync();
  std::printf("%ld files of %ld bytes, %ld %% of them random\n", plan.files, plan.bytes_per_file,
              plan.percent_random);
  AIOP_TRY(auto store, aiop::snapshot::BlobStore::Open(blobs));
  aiop::snapshot::ScanCache cache;
  AIOP_TRY(const std::string first, Measure("first", *store, work, blobs, cache));
  AIOP_CHECK_OK(ChangeFiles(work, plan, 10));
  AIOP_TRY(std::string second, Measure("10 files changed", *store, work, blobs, cache));
  AIOP_TRY(second, Measure("nothing changed", *store, work, blobs, cache));
  const aiop::Timestamp saving = aiop::Now();
  AIOP_CHECK_OK(cache.Save(folder / "scan"));
  const aiop::Timestamp loading = aiop::Now();
  cache = aiop::snapshot::ScanCache::Load(folder / "scan");
  const aiop::Timestamp loaded = aiop::Now();
  std::printf("scan cache: saved in %s, loaded in %s\n",
              aiop::FormatDuration(loading - saving).c_str(),
              aiop::FormatDuration(loaded - loading).c_str());
  AIOP_TRY(second, Measure("cache from file", *store, work, blobs, cache));
  const aiop::Timestamp restoring = aiop::Now();
  AIOP_CHECK_OK(aiop::snapshot::Restore(*store, first, work));
  const aiop::Timestamp restored = aiop::Now();
  AIOP_CHECK_OK(aiop::snapshot::Restore(*store, first, folder / "empty"));
  std::printf("restore of the first: over the second %s, into an empty folder %s\n",
              aiop::FormatDuration(restored - restoring).c_str(),
              aiop::FormatDuration(aiop::Now() - restored).c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Plan plan;
  if (argc > 1) plan.base = argv[1];
  if (argc > 2) plan.files = std::atol(argv[2]);
  if (argc > 3) plan.bytes_per_file = std::atol(argv[3]);
  if (argc > 4) plan.percent_random = std::atol(argv[4]);
  std::string folder = (plan.base / "snapshot-bench-XXXXXX").string();
  if (!mkdtemp(folder.data())) {
    std::perror("mkdtemp");
    return 2;
  }
  const Status status = Run(plan, folder);
  if (!status) std::fprintf(stderr, "%s\n", status.error().message.c_str());
  const Status removed = aiop::file::RemoveTree(folder);
  return status && removed ? 0 : 1;
}
