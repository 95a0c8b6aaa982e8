// SPDX-License-Identifier: Apache-2.0
//
// The closed loop: drives the runs of a plant, has every failure arbitrated, has the right side
// patched, and resumes what was paused, until each run is SUCCESS, FAILED or PAUSED for a reason
// that needs somebody else.
//
// First all runs are driven as far as they go (jobs at a time), then the incidents they opened are
// decided, then fixed, then what a fix answers is resumed, and so on until nothing moves. Order and
// parallelism change nothing in what is decided. A killed supervisor is continued by the same call.
//
// Owns its worker threads. Supervise() may be called once at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "control/arbitration/arbitration.h"
#include "control/engine/engine.h"
#include "control/experiments/experiments.h"
#include "control/governance/governance.h"
#include "core/policy/policy.h"

namespace aiop::supervision {

struct Request {
  std::string plant;
  std::vector<std::string> apps;      // empty: all of the plant
  std::vector<std::string> profiles;  // empty: those of each app
  std::string motor_version;          // empty: the active one
  int jobs = 1;
  bool fresh = false;  // give up unfinished runs and start anew
};

// What `aiop run` ends with; the JSON of it is the contract's summary.
struct Summary {
  std::vector<model::Run> runs;
  std::vector<std::string> incidents;
  std::vector<model::DecisionRecord> decisions;
  std::vector<model::Change> changes;
};
json::Value ToJson(const Summary& summary);
// 0 all SUCCESS, 1 something FAILED, 3 something PAUSED, awaiting approval or on trial.
int ExitCodeOf(const Summary& summary);
// The summary of the plant's runs has reached who asked for it: the next request is a new one.
Status Delivered(contexts::Home& home, const std::string& plant);

struct MailboxRequest {
  std::string run;
  std::string verb;  // pause | cancel
};

class Supervisor {
 public:
  // Wires engine, harness, arbiter and governor together over an owned home. `policy` must outlive
  // it.
  Supervisor(contexts::Home& home, const policy::Policy& policy, engine::Watcher watcher);
  ~Supervisor();
  // What forges of motors are spoken to with; empty: without.
  void UseForgeToken(std::string token);

  // Until Delivered() is told, the same request, made again, answers for the same runs: a command
  // that is killed before it could print its summary loses nothing and repeats nothing.
  Result<Summary> Supervise(const Request& request);

  // Goes on with paused runs that something outside made ready (a new app version, an approved
  // change, `run resume`) until nothing moves. `runs`: only these; empty: all of the plant.
  Result<Summary> Continue(const std::string& plant, const std::vector<std::string>& runs,
                           int jobs);

  // What the policy says for this plant and its team is in force from now on. Supervise and
  // Continue do this themselves; who uses the parts below alone does it first.
  Status UsePolicyOf(const std::string& plant);

  engine::Engine& engine();
  experiments::Harness& harness();
  arbitration::Arbiter& arbiter();
  governance::Governor& governor();

  // Pauses or cancels a run, at once if its plant is running, else between two steps of the loop.
  Status Handle(const MailboxRequest& request);

  // From another thread or a signal: stop all plants, store where everything stands, return soon.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---- Requests from other processes ----
//
// While one process owns a home, another can still ask it to pause or cancel a run: it drops a
// request into the home's mailbox and waits for the answer.

// Asks the owner of the home; kUnavailable if no owner answers within the patience.
Status AskOwner(const std::filesystem::path& home, const MailboxRequest& request, int patience_ms);

// Answers requests in a thread of its own for as long as it lives.
class Mailbox {
 public:
  Mailbox(const std::filesystem::path& home, std::function<Status(const MailboxRequest&)> handle);
  ~Mailbox();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace aiop::supervision
