// SPDX-License-Identifier: Apache-2.0
//
// The harness for experiments: a plant (or a validator) is run apart from the real run, with one
// thing changed, to answer one question. Nothing of the real run is touched: an experiment has
// folders of its own, mounted inside the sandbox where the real run sees its own, `purpose`
// experiment, and no network unless the motor has it. It starts from the last checkpoint that does
// not depend on what was changed, and ends as soon as the question is answered.
//
// Answers are remembered by content (spec, motor, profile, start, harness version): the same
// question about the same content is asked once, in this incident or another. Every answer is a
// record in the ledger before it is returned. Thread-safe: Ask may run for several questions at
// once.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "control/contexts/contexts.h"
#include "control/engine/engine.h"
#include "control/sandbox/sandbox.h"
#include "core/budget/budget.h"
#include "core/model/model.h"

namespace aiop::experiments {

// Raised when the harness changes so that earlier answers no longer hold.
inline constexpr int kHarnessVersion = 2;
inline constexpr Milliseconds kValidatorTimeout{120'000};
inline constexpr size_t kValidatorOutputBytes = size_t{8} << 20;
inline constexpr size_t kFindingLimit = 1000;

// Who asks, and what remains of the budget.
struct Asker {
  std::string incident;
  std::string fingerprint;    // what counts as the same failure
  budget::Allowance left;     // for this incident; used up: kOverBudget, nothing is run
  budget::Allowance per_day;  // for all experiments of the plant in a day (UTC)
};

struct Question {
  model::ExperimentKind kind = model::ExperimentKind::kControl;
  model::Run run;                        // the run that is varied
  model::AppVersion app;                 // the spec to run on
  std::optional<std::string> spec_text;  // a changed spec instead of the app version's (twin)
  std::optional<std::filesystem::path> spec_file;  // a spec of the motor's own instead (golden)
  contexts::Motor motor;
  std::string profile;
  bool from_scratch = false;
  int steps_back = 0;       // start so many checkpoints earlier than needed
  bool fresh = false;       // run now, whatever is remembered: is it still so?
  bool metered = false;     // budgets count; set by Ask for incidents about a budget
  bool to_the_end = false;  // else it ends once the failing step went through
  std::string question;
  std::string changed;
};

// What validators and declarations say of a spec.
struct SpecOpinion {
  bool accepted = false;
  std::vector<model::Finding> findings;
  std::vector<std::string> dialects;
};

// What the experiments of each plant used since the day began (UTC). Read from the ledger once,
// then kept. Thread-safe.
class DaySpending {
 public:
  Result<budget::Allowance> Left(const store::Ledger& ledger, const std::string& plant,
                                 Timestamp now, const budget::Allowance& per_day);
  void Add(const model::Experiment& experiment);

 private:
  struct Day {
    int64_t number = -1;  // days since 1970
    int64_t plant_ms = 0;
    model::Usage usage;
  };
  static Result<Day> Read(const store::Ledger& ledger, const std::string& plant, int64_t number);

  std::mutex mutex_;
  std::map<std::string, Day> days_;
};

class Harness {
 public:
  Harness(engine::Engine& engine, sandbox::Level least);

  Result<model::Experiment> Ask(const Asker& asker, const Question& question);

  // Records that an experiment could not be made, and why.
  Result<model::Experiment> Impossible(const Asker& asker, const Question& question,
                                       const std::string& why);

  // Adds to an answer the reduced spec it was given on, and what validators say of that.
  Result<model::Experiment> KeepReduced(model::Experiment experiment, std::string_view spec);

  // The motor's independent validators on the spec alone: kPassed = all accept, kOtherFailure =
  // some object.
  Result<model::Experiment> AskValidators(const Asker& asker, const model::Run& run,
                                          const model::AppVersion& app,
                                          const contexts::Motor& motor);
  // What the motor version declares to accept (schema, dialects): kPassed = inside, kOtherFailure =
  // outside.
  Result<model::Experiment> AskDeclared(const Asker& asker, const model::Run& run,
                                        const model::AppVersion& app, const contexts::Motor& motor);
  // Validators on a text, not recorded; the oracle for repairing twins.
  Result<SpecOpinion> Validate(const contexts::Motor& motor, std::string_view spec_text,
                               const std::string& file_name);

  // A command of the motor (gate, validator, scorer) in the sandbox, in `folder` (writable).
  Result<process::Output> RunCommand(const contexts::Motor& motor,
                                     const std::vector<std::string>& command,
                                     const std::filesystem::path& folder, sandbox::Policy policy,
                                     Milliseconds timeout);

  // How many plants were started, and for how long, since this object was made.
  int64_t plants_started() const { return plants_started_; }
  std::string SandboxName() const;

 private:
  struct Outcome {
    bool passed = false;
    bool timed_out = false;
    std::vector<std::string> fingerprints;  // under each algorithm, newest first
    std::string answer;
    bool used_up = false;  // the plant was stopped: it used all that experiments may
    int64_t plant_ms = 0;
    model::Usage usage;
    std::vector<std::string> artifacts;  // roles
    std::string transcript;
    std::string from_checkpoint;
  };
  plants::Execution Prepare(const Question& question, const std::string& id,
                            const std::optional<model::Checkpoint>& start, Milliseconds timeout,
                            const std::filesystem::path& checkout,
                            const std::filesystem::path& spec) const;
  Result<Outcome> RunPlant(const Question& question, const std::string& id,
                           const std::optional<model::Checkpoint>& start,
                           const budget::Allowance& left);
  // What remains for this question, of the incident's allowance and of the day's.
  Result<budget::Allowance> LeftFor(const Asker& asker, const std::string& plant);
  Result<std::optional<model::Checkpoint>> StartOf(const Question& question);
  Result<model::Experiment> Remember(model::Experiment experiment);
  Result<std::optional<model::Experiment>> Remembered(const std::string& memo, const Asker& asker,
                                                      const model::Experiment& asked);
  Result<model::Experiment> Begin(const Asker& asker, model::ExperimentKind kind,
                                  const model::Run& run, const model::AppVersion& app,
                                  const contexts::Motor& motor) const;
  // A spec that is known to go through on a motor version: one of its golden ones, or an app's.
  struct Witness {
    std::string name;
    std::filesystem::path golden;
    model::AppVersion app;
  };
  Result<std::vector<Witness>> WitnessesFor(const contexts::Motor& motor,
                                            const model::AppVersion& app);
  Result<std::string> DoubtValidators(const contexts::Motor& motor, const model::AppVersion& app);
  Result<SpecOpinion> ValidateFolder(const contexts::Motor& motor,
                                     const std::filesystem::path& spec_folder,
                                     const std::string& entry);

  engine::Engine& engine_;
  sandbox::Level least_;
  std::atomic<int64_t> plants_started_{0};
  DaySpending spending_;
};

}  // namespace aiop::experiments
