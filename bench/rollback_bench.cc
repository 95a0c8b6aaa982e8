// SPDX-License-Identifier: Apache-2.0
// How long going back takes: a motor of 1,000 files, all of which differ between two versions, and
// 100 apps, each with an open run that went on on the newer one.
//   rollback_bench [FOLDER [ROUNDS [FILES [APPS]]]]
// FOLDER (default: the system's temporary folder) must be on the disk to be measured. A round goes
// back and forward again. What is timed is all that `aiop motor rollback` does in an open home, and
// then the checkout in which the next run starts; beside it, `git checkout` moves a plain work tree
// between the same two commits.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "base/file/file.h"
#include "base/identity/identity.h"
#include "base/process/process.h"
#include "base/time/time.h"
#include "control/contexts/contexts.h"
#include "control/rollback/rollback.h"

namespace aiop {
namespace {

namespace fs = std::filesystem;

constexpr double kTargetMilliseconds = 5'000;
constexpr Milliseconds kGitPatience{120'000};
constexpr const char* kPlant = "bench";

struct Sizes {
  fs::path base = fs::temp_directory_path();
  long rounds = 100;
  long files = 1'000;
  long apps = 100;
};

// What every file of a version says.
std::string Content(long number, const std::string& version) {
  std::string text;
  for (int line = 0; line < 40; ++line) {
    text += "rule " + std::to_string(number) + "." + std::to_string(line) + " of " + version + "\n";
  }
  return text;
}

std::string PathOf(long number) {
  return "rules/part" + std::to_string(number / 50) + "/rule" + std::to_string(number) + ".txt";
}

std::string Manifest(const std::string& version) {
  return "name: bench\nversion: " + version + "\nrun: [/bin/true]\n";
}

class Bench {
 public:
  explicit Bench(Sizes sizes)
      : sizes_(std::move(sizes)),
        folder_(sizes_.base / ("aiop-rollback-bench-" + std::to_string(getpid()))) {}
  ~Bench() {
    home_.reset();
    [[maybe_unused]] const Status removed = file::RemoveTree(folder_);
  }

  Status Prepare();
  Status Play();
  bool Report();

 private:
  Status MakeSource();
  Status Git(const fs::path& folder, std::vector<std::string> arguments);
  Status AddRuns();
  // The runs went on on the newer version.
  Status GoOn();
  Status Timed(std::vector<double>& into, const std::function<Status()>& work);
  Status Move(const std::string& to, size_t returned);
  Status Checkout(const std::string& version);

  Sizes sizes_;
  fs::path folder_;
  std::unique_ptr<contexts::Home> home_;
  model::MotorVersion older_, newer_;
  std::vector<double> back_, back_ready_, forward_, git_, points_;
};

Status Bench::Git(const fs::path& folder, std::vector<std::string> arguments) {
  process::Command command{
      .argv = {"git"}, .folder = folder, .environment = process::CleanEnvironment(folder_)};
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  for (const char* who : {"AUTHOR", "COMMITTER"}) {
    command.environment[std::string("GIT_") + who + "_NAME"] = "bench";
    command.environment[std::string("GIT_") + who + "_EMAIL"] = "bench@localhost";
  }
  AIOP_TRY(const auto output, process::Run(command, "", kGitPatience, size_t{1} << 20));
  return output.ok() ? Status{} : Unavailable("git " + arguments.front() + ": " + output.err);
}

Status Bench::MakeSource() {
  const fs::path source = folder_ / "motor";
  AIOP_CHECK_OK(file::MakeFolders(source));
  AIOP_CHECK_OK(Git(source, {"init", "-q", "-b", "main", "."}));
  AIOP_CHECK_OK(file::Write(source / "motor.yaml", Manifest("1.0.0")));
  for (long i = 0; i < sizes_.files; ++i) {
    AIOP_CHECK_OK(file::MakeFolders((source / PathOf(i)).parent_path()));
    AIOP_CHECK_OK(file::Write(source / PathOf(i), Content(i, "1.0.0")));
  }
  AIOP_CHECK_OK(Git(source, {"add", "-A"}));
  return Git(source, {"commit", "-q", "-m", "the motor"});
}

Status Bench::AddRuns() {
  AIOP_CHECK_OK(file::Write(folder_ / "spec.json", "{}"));
  for (long i = 0; i < sizes_.apps; ++i) {
    const std::string name = "app" + std::to_string(i);
    AIOP_TRY(const auto app, contexts::AddApp(*home_, name, kPlant, {folder_ / "spec.json"}, {}));
    model::Run run;
    run.id = NewId();
    run.plant = kPlant;
    run.app = name;
    run.app_ctx = app.current;
    run.motor_ctx = older_.reference;
    run.motor_commit = older_.commit;
    run.state = model::RunState::kPaused;
    run.paused_because = model::PausedBecause::kFix;
    run.checkpoint = "before";
    run.checkpoint_ordinal = 2;
    run.created = run.updated = Now();
    store::Ledger::Batch batch;
    for (int64_t ordinal : {1, 2}) {
      model::Checkpoint checkpoint;
      checkpoint.run = run.id;
      checkpoint.ordinal = ordinal;
      checkpoint.id = run.id + "/" + std::to_string(ordinal);
      checkpoint.name = ordinal == 1 ? "begin" : "before";
      checkpoint.app_ctx = run.app_ctx;
      checkpoint.motor_ctx = run.motor_ctx;
      checkpoint.created = run.created;
      batch.Put(checkpoint);
    }
    batch.Put(run);
    AIOP_CHECK_OK(home_->ledger().Commit(std::move(batch)));
  }
  return {};
}

Status Bench::GoOn() {
  AIOP_TRY(const auto runs,
           home_->ledger().ListBy<model::Run>(store::Kind<model::Run>::Field::kPlant, kPlant));
  store::Ledger::Batch batch;
  for (model::Run run : runs) {
    model::Checkpoint checkpoint;
    checkpoint.run = run.id;
    checkpoint.ordinal = run.checkpoint_ordinal = 3;
    checkpoint.id = run.id + "/3";
    checkpoint.name = run.checkpoint = "after";
    checkpoint.app_ctx = run.app_ctx;
    checkpoint.motor_ctx = run.motor_ctx = newer_.reference;
    checkpoint.created = run.updated = Now();
    run.motor_commit = newer_.commit;
    batch.Put(checkpoint).Put(run);
  }
  return home_->ledger().Commit(std::move(batch));
}

Status Bench::Prepare() {
  AIOP_CHECK_OK(MakeSource());
  AIOP_TRY(home_, contexts::Home::Open(folder_ / "home", contexts::Home::Access::kOwn));
  AIOP_TRY(const auto plant, contexts::AddPlant(*home_, kPlant, (folder_ / "motor").string()));
  AIOP_TRY(older_, [&]() -> Result<model::MotorVersion> {
    AIOP_TRY(const auto motor, contexts::ActiveMotor(*home_, kPlant));
    return motor.version;
  }());
  AIOP_CHECK_OK(AddRuns());
  AIOP_TRY(auto repository, contexts::OpenRepository(*home_, kPlant));
  std::map<std::string, std::optional<std::string>> files = {{"motor.yaml", Manifest("1.0.1")}};
  for (long i = 0; i < sizes_.files; ++i) files[PathOf(i)] = Content(i, "1.0.1");
  AIOP_TRY(const std::string tree, repository.WithFiles(older_.commit, files));
  const motors::Author author{"bench", "bench@localhost"};
  AIOP_TRY(const std::string commit,
           repository.Commit(tree, {older_.commit}, author, Now(), "version 1.0.1"));
  AIOP_CHECK_OK(repository.Tag("v1.0.1", commit, "version 1.0.1", author, Now()));
  AIOP_TRY(newer_, contexts::DescribeCommit(*home_, kPlant, repository, commit));
  newer_.parent = older_.commit;
  newer_.status = model::VersionStatus::kPromoted;
  newer_.created = Now();
  AIOP_CHECK_OK(home_->motors().Put(newer_));
  const fs::path peer = folder_ / "peer";
  const std::string ours = (folder_ / "home" / "motor" / kPlant / "repository.git").string();
  AIOP_CHECK_OK(Git(folder_, {"clone", "-q", "--no-checkout", ours, peer.string()}));
  return Git(peer, {"checkout", "-q", newer_.commit});
}

Status Bench::Timed(std::vector<double>& into, const std::function<Status()>& work) {
  const auto began = std::chrono::steady_clock::now();
  const Status done = work();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - began;
  into.push_back(took.count());
  return done;
}

Status Bench::Move(const std::string& to, size_t returned) {
  AIOP_TRY(const auto plan, rollback::PlanFor(*home_, kPlant, to));
  AIOP_TRY(const auto move,
           rollback::Carry(*home_, plan, "bench", "measured", rollback::Asked::kByHuman));
  if (move.returned.size() != returned) {
    return Internal(std::to_string(move.returned.size()) + " runs were returned");
  }
  return rollback::Delivered(*home_, move);
}

Status Bench::Checkout(const std::string& version) {
  AIOP_TRY(const auto motor, contexts::MotorAt(*home_, kPlant, version));
  AIOP_TRY([[maybe_unused]] const auto folder, contexts::Checkout(*home_, motor));
  return {};
}

Status Bench::Play() {
  // As after the runs on each: both were checked out once.
  AIOP_CHECK_OK(Checkout("1.0.0"));
  AIOP_CHECK_OK(Checkout("1.0.1"));
  const auto apps = static_cast<size_t>(sizes_.apps);
  const fs::path peer = folder_ / "peer";
  AIOP_CHECK_OK(Move("1.0.1", 0));
  for (long i = 0; i < sizes_.rounds; ++i) {
    AIOP_CHECK_OK(GoOn());
    AIOP_CHECK_OK(Timed(back_ready_, [&]() -> Status {
      AIOP_CHECK_OK(Timed(back_, [&] { return Move("1.0.0", apps); }));
      return Checkout("1.0.0");
    }));
    AIOP_CHECK_OK(Timed(git_, [&] { return Git(peer, {"checkout", "-q", older_.commit}); }));
    AIOP_CHECK_OK(Timed(forward_, [&] { return Move("1.0.1", 0); }));
    AIOP_CHECK_OK(Git(peer, {"checkout", "-q", newer_.commit}));
  }
  return Timed(points_, [&]() -> Status {
    AIOP_TRY([[maybe_unused]] const auto kept, rollback::Retention(*home_, kPlant));
    return {};
  });
}

double Quantile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<size_t>(std::lround(share * static_cast<double>(values.size() - 1)))];
}

bool Bench::Report() {
  std::printf("%ld files, %ld open runs, %ld rounds\n\n", sizes_.files, sizes_.apps, sizes_.rounds);
  std::printf("%-44s %10s %10s %10s\n", "milliseconds", "median", "p99", "most");
  const auto line = [](const char* what, const std::vector<double>& values) {
    std::printf("%-44s %10.1f %10.1f %10.1f\n", what, Quantile(values, 0.5), Quantile(values, 0.99),
                Quantile(values, 1));
  };
  line("rollback, all runs returned", back_);
  line("  and its checkout ready for the next run", back_ready_);
  line("forward again, no run returned", forward_);
  line("which restore points to keep, once, of all", points_);
  line("peer: git checkout of the same tree", git_);
  std::printf("\nrollback to git checkout: %.2f (median), %.2f (p99)\n",
              Quantile(back_ready_, 0.5) / Quantile(git_, 0.5),
              Quantile(back_ready_, 0.99) / Quantile(git_, 0.99));
  const bool good = Quantile(back_ready_, 0.99) < kTargetMilliseconds;
  std::printf("target: less than %.0f ms: %s\n", kTargetMilliseconds, good ? "met" : "missed");
  return good;
}

int Main(int count, char** words) {
  if (const Status zygote = process::StartZygote(); !zygote) return 1;
  Sizes sizes;
  if (count > 1) sizes.base = words[1];
  if (count > 2) sizes.rounds = std::max(1L, std::atol(words[2]));
  if (count > 3) sizes.files = std::max(1L, std::atol(words[3]));
  if (count > 4) sizes.apps = std::max(1L, std::atol(words[4]));
  Bench bench(std::move(sizes));
  Status done = bench.Prepare();
  if (done) done = bench.Play();
  if (!done) {
    std::fprintf(stderr, "rollback_bench: %s\n", done.error().message.c_str());
    return 1;
  }
  return bench.Report() ? 0 : 1;
}

}  // namespace
}  // namespace aiop

int main(int count, char** words) { return aiop::Main(count, words); }
