// SPDX-License-Identifier: Apache-2.0
// Where a drill is played: a home with the drill's mark, motors, specs, and a world that plants
// leave their marks in. Private to the module; one thread, but Aiop() may be called from several.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/json/json.h"
#include "base/process/process.h"
#include "base/time/time.h"
#include "control/chaos/chaos.h"
#include "control/contexts/contexts.h"

namespace aiop::chaos {

// Exit codes of the program that drills expect.
inline constexpr int kDone = 0;
inline constexpr int kBadInput = 2;
inline constexpr int kWaits = 3;
inline constexpr int kUnreachable = 4;

inline constexpr std::string_view kPlant = "drill";
// For one command of the program; one that takes longer hangs.
inline constexpr Milliseconds kPatience{60'000};

using Files = std::map<std::string, std::string>;
using Variables = std::map<std::string, std::string>;

// What a command came to.
struct Said {
  int code = -1;
  int signal = 0;
  bool timed_out = false;
  std::string out;
  std::string err;
  // The document or lines that --json printed, without events.
  std::vector<json::Value> lines;

  std::string Brief() const;
};

// A command that goes on while the drill does other things.
class Going {
 public:
  explicit Going(std::function<Result<Said>()> work)
      : thread_([this, work = std::move(work)] { said_ = work(); }) {}
  ~Going() {
    if (thread_.joinable()) thread_.join();
  }
  Result<Said> Join() {
    thread_.join();
    return std::move(said_);
  }

 private:
  Result<Said> said_ = Internal("not ended");
  std::thread thread_;  // last, so that it starts last
};

class Scene {
 public:
  static Result<std::unique_ptr<Scene>> Create(const Options& options, model::DrillResult& result);

  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path home() const { return folder_ / "home"; }
  std::filesystem::path world() const { return folder_ / "world"; }
  const std::filesystem::path& program() const { return options_.program; }
  bool guarded() const { return options_.without.empty(); }
  bool Stopped() const { return options_.stop != nullptr && *options_.stop; }

  // ---- Setting the scene

  // A motor whose plant runs `act STEP` (shell) in each of the steps one, two and three, and the
  // plant of that name.
  Status AddPlant(const std::string& name, std::string_view act, std::string_view manifest = "");
  Status AddPlantOf(const std::string& name, const Files& files);
  // What the motor of a plant becomes: another commit of its main branch, or of a branch on top.
  Status Release(const std::string& plant, std::string_view version, std::string_view act);
  Status Branch(const std::string& plant, const std::string& branch, std::string_view act);
  Status AddApp(const std::string& plant, const std::string& name);

  // ---- The program

  // `aiop --json ARGUMENTS` on the drill's home.
  Result<Said> Aiop(std::vector<std::string> arguments, const Variables& more = {},
                    Milliseconds patience = kPatience);
  Result<Said> Run(const std::vector<std::string>& apps, const Variables& more = {},
                   Milliseconds patience = kPatience);
  Result<Said> Program(std::vector<std::string> argv, const Variables& more, Milliseconds patience);
  // What its programs are started with.
  Variables Environment(const Variables& more) const;
  std::string clock_file() const { return (folder_ / "clock").string(); }
  // Waits until the plant has left this mark in the world, and reads it.
  Result<std::string> WaitForMark(std::string_view name);
  Status Mark(std::string_view name, std::string_view text = "");

  // ---- What came of it

  Result<std::unique_ptr<contexts::Home>> Look() const;
  // Says whether it was so; the drill passes only if all were.
  bool Expect(bool held, std::string expected, std::string seen = "");
  void Note(std::string note) { result_.notes.push_back(std::move(note)); }

  // The moment of the injection, and what is counted from it.
  void Injected();
  void Detected();
  void Recovered();
  // The same from what the ledger says of a run: its first pause and its last transition.
  Status MeasureBy(const std::string& app);

  Result<model::Run> RunOf(const std::string& app) const;
  bool ExpectSuccess(const Said& said, const std::string& app);
  // That the only decision about this app is of this category; notes the classification.
  Status ExpectCategory(const std::string& app, model::Category category);

 private:
  Scene(const Options& options, model::DrillResult& result, std::string secret)
      : options_(options), folder_(options.folder), result_(result), secret_(std::move(secret)) {}
  std::filesystem::path MotorFolder(const std::string& plant) const {
    return folder_ / "motors" / plant;
  }
  Files MotorFiles(std::string_view version, std::string_view act, std::string_view more) const;
  Status Git(const std::filesystem::path& folder, std::vector<std::string> arguments);
  Status CommitFiles(const std::string& plant, const Files& files, const std::string& message);

  const Options& options_;
  std::filesystem::path folder_;
  model::DrillResult& result_;
  std::string secret_;
  std::map<std::string, std::string> manifests_;  // what a plant's motor.yaml says beside the rest
  Stopwatch since_;
  Timestamp injected_;
};

}  // namespace aiop::chaos
