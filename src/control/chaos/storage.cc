// SPDX-License-Identifier: Apache-2.0
// Drills in which what the operator stands on gives way: its store, its disk.
#include <unistd.h>

#include "base/file/file.h"
#include "control/chaos/drills.h"
#include "control/store/store.h"

namespace aiop::chaos {
namespace {

namespace fs = std::filesystem;

constexpr Milliseconds kHeld{1'500};

// Its second step waits until the drill has done what it does.
constexpr std::string_view kWaitsForTheDrill = R"sh(
  if [ "$1" = two ] && once "reached-$app"; then mark "reached-$app"; await "go-$app"; fi)sh";

// Says so much in its second step that the store needs room for it.
constexpr std::string_view kTalks = R"sh(
  if [ "$1" = two ]; then
    awk 'BEGIN { for (i = 0; i < 6000; i++) printf "{\"event\":{\"scope\":\"app\",\"signal_type\":\"validation\",\"severity\":\"info\",\"payload\":{\"details\":\"line %d of a long report about nothing in particular\"}}}\n", i }'
  fi)sh";

// $1 the program, $2 the home, $3 where to play, $4 what limits it, $5 where to put what was said.
// The home is played on a disk of its own, which is full at first and then has room again.
constexpr std::string_view kFullDisk = R"sh(set -e
program=$1 home=$2 disk=$3 way=$4 said=$5
mkdir -p "$disk"
if [ "$way" = mount ]; then mount -t tmpfs -o size=48m tmpfs "$disk"; fi
cp -a "$home" "$disk/home"
run() { "$program" --home "$disk/home" --json run --plant drill > "$said/$1.out" 2> "$said/$1.err" && echo 0 > "$said/$1.code" || echo $? > "$said/$1.code"; }
if [ "$way" = mount ]; then
  head -c 100m /dev/zero > "$disk/filler" 2>/dev/null || :
  room=$(( $(stat -c %s "$disk/filler") - 900000 ))
  truncate -s "$room" "$disk/filler"
  run full
  rm "$disk/filler"
else
  trap '' XFSZ
  ( ulimit -f 1400; run full )
fi
run after
chmod -R u+w "$home"
rm -rf "$home"
cp -a "$disk/home" "$home"
)sh";

// $1 the program, $2 the home, $3 the file for what was said.
constexpr std::string_view kReadOnlyHome = R"sh(set -e
mount --bind "$2" "$2"
mount -o remount,bind,ro "$2"
"$1" --home "$2" --json run --plant drill > "$3" 2>&1
)sh";

Result<bool> Allows(Scene& scene, std::vector<std::string> argv) {
  argv.insert(argv.end(), {"/bin/sh", "-c", "mount -t tmpfs none /mnt"});
  AIOP_TRY(const Said said, scene.Program(argv, {}, kPatience));
  return said.code == kDone;
}

Status LockedForAWhile(Scene& scene) {
  Going going([&] { return scene.Run({"locked"}); });
  AIOP_TRY([[maybe_unused]] const auto reached, scene.WaitForMark("reached-locked"));
  {
    AIOP_TRY(const auto held, store::WriteHold::Take(scene.home() / "ledger.db"));
    scene.Injected();
    AIOP_CHECK_OK(scene.Mark("go-locked"));
    WaitFor(kHeld);
  }
  AIOP_TRY(const Said said, going.Join());
  scene.Recovered();
  scene.ExpectSuccess(said, "locked");
  AIOP_TRY(const model::Run run, scene.RunOf("locked"));
  scene.Expect(run.attempts == 1, "the run only waits for the store: it needs no second attempt",
               std::to_string(run.attempts) + " attempts");
  return {};
}

Status NoStoreAtAll(Scene& scene) {
  const fs::path ledger = scene.home() / "ledger.db";
  const fs::path aside = scene.folder() / "ledger.aside";
  const std::string nonsense(8192, 'x');
  std::error_code error;
  fs::rename(ledger, aside, error);
  if (error) return Unavailable("cannot move the ledger: " + error.message());
  AIOP_CHECK_OK(file::Write(ledger, nonsense));
  AIOP_TRY(const Said said, scene.Run({"unreadable"}));
  scene.Expect(said.code == kUnreachable, "a ledger that cannot be read ends the command with 4",
               said.Brief());
  AIOP_TRY(const std::string left, file::Read(ledger));
  scene.Expect(left == nonsense, "what cannot be read is left alone", "it was written over");
  fs::rename(aside, ledger, error);
  if (error) return Unavailable("cannot move the ledger back: " + error.message());
  AIOP_TRY(const Said again, scene.Run({"unreadable"}));
  scene.ExpectSuccess(again, "unreadable");
  return {};
}

Status ReadOnly(Scene& scene) {
  AIOP_TRY(const auto own, OwnMounts(scene));
  if (!own) {
    scene.Note("not tried: a read-only home (this machine lets nobody mount anything)");
    return {};
  }
  const std::string told = (scene.folder() / "read-only").string();
  std::vector<std::string> argv = *own;
  argv.insert(argv.end(), {"/bin/sh", "-c", std::string(kReadOnlyHome), "drill",
                           scene.program().string(), scene.home().string(), told});
  AIOP_TRY(const Said said, scene.Program(argv, {}, kPatience));
  scene.Expect(said.code == kUnreachable, "a read-only home ends the command with 4", said.Brief());
  AIOP_TRY(const Said again, scene.Run({"locked"}));
  scene.ExpectSuccess(again, "locked");
  scene.Note("the read-only home was a read-only mount, in namespaces of its own");
  return {};
}

}  // namespace

Result<std::optional<std::vector<std::string>>> OwnMounts(Scene& scene) {
  std::vector<std::vector<std::string>> ways;
  if (geteuid() == 0) ways.push_back({"unshare", "--mount"});
  ways.push_back({"unshare", "--user", "--map-root-user", "--mount"});
  for (const auto& way : ways) {
    const auto allowed = Allows(scene, way);
    if (allowed && *allowed) return std::optional(way);
    if (!allowed && allowed.error().code == Code::kCancelled)
      return std::unexpected(allowed.error());
  }
  return std::optional<std::vector<std::string>>();
}

Status StoreUnavailable(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlant(
      plant, std::string("  [ \"$app\" = locked ] || return 0") + std::string(kWaitsForTheDrill)));
  for (const char* app : {"locked", "unreadable"}) AIOP_CHECK_OK(scene.AddApp(plant, app));
  AIOP_CHECK_OK(LockedForAWhile(scene));
  if (!scene.guarded()) return {};
  AIOP_CHECK_OK(NoStoreAtAll(scene));
  return ReadOnly(scene);
}

Status DiskFull(Scene& scene) {
  const std::string plant(kPlant);
  AIOP_CHECK_OK(scene.AddPlant(plant, kTalks));
  AIOP_CHECK_OK(scene.AddApp(plant, "app"));
  AIOP_TRY(const auto own, OwnMounts(scene));
  std::vector<std::string> argv = own.value_or(std::vector<std::string>{});
  scene.Note(own ? "a full disk: a small tmpfs, mounted in namespaces of its own"
                 : "not a full disk but a limit on the size of files (RLIMIT_FSIZE): this machine "
                   "lets nobody mount anything");
  const fs::path said = scene.folder() / "said";
  AIOP_CHECK_OK(file::MakeFolders(said));
  argv.insert(argv.end(),
              {"/bin/sh", "-c", std::string(kFullDisk), "drill", scene.program().string(),
               scene.home().string(), (scene.folder() / "disk").string(), own ? "mount" : "limit",
               said.string()});
  scene.Injected();
  AIOP_TRY(const Said played, scene.Program(argv, {}, kPatience));
  if (!scene.Expect(played.code == kDone, "the drill's script comes to its end", played.Brief()))
    return {};
  AIOP_TRY(const std::string full, file::Read(said / "full.code"));
  AIOP_TRY(const std::string full_said, file::Read(said / "full.err"));
  AIOP_TRY(const std::string after, file::Read(said / "after.code"));
  AIOP_TRY(const std::string after_said, file::Read(said / "after.err"));
  AIOP_TRY(const std::string full_told, file::Read(said / "full.out"));
  // PAUSED with the cause, or not even room for that.
  const bool told = (full == "3\n" && full_told.find("the store refused") != std::string::npos) ||
                    (full == "4\n" && !full_said.empty());
  scene.Expect(told, "without room, aiop says so, and ends with code 3 or 4",
               "code " + full + full_said);
  scene.Expect(after == "0\n", "with room again, the same command ends well",
               "code " + after + after_said);
  AIOP_CHECK_OK(scene.MeasureBy("app"));
  AIOP_TRY(const model::Run run, scene.RunOf("app"));
  scene.Expect(
      run.state == model::RunState::kSuccess && run.steps_redone == 0 && run.steps_done == 3,
      "the run ends SUCCESS, and no finished step is done again",
      std::string(describe::Name(run.state)) + ", " + std::to_string(run.steps_done) +
          " steps done, " + std::to_string(run.steps_redone) + " of them again");
  return {};
}

}  // namespace aiop::chaos
