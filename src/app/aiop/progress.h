// SPDX-License-Identifier: Apache-2.0
//
// What happens while runs are driven, as it happens. On standard error: on a terminal a line per
// open run with its current step, redrawn in place, and finished things above; elsewhere plain
// lines. With `stream` also JSON lines on standard output. Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "app/aiop/output.h"
#include "control/contexts/contexts.h"
#include "control/engine/engine.h"

namespace aiop::app {

class Progress {
 public:
  Progress(Output& out, contexts::Home& home, bool stream);
  ~Progress();

  engine::Watcher watcher() {
    return [this](const engine::Notice& notice) { See(notice); };
  }
  void Note(const std::string& text);

 private:
  struct Row {
    std::string name;
    model::Run run;
    Timestamp since;
  };

  void See(const engine::Notice& notice);
  void Stream(const engine::Notice& notice);
  void StreamExperiments();
  std::string Sentence(const engine::Notice& notice) const;
  void Print(const std::string& line);  // above the live lines
  void Erase();
  void Draw();

  Output& out_;
  contexts::Home& home_;
  const bool stream_;
  const bool live_;
  std::mutex mutex_;
  std::map<std::string, Row> rows_;  // open runs, by id
  size_t drawn_ = 0;
  int64_t experiments_seen_ = 0;  // sequence of the last one that was streamed
  bool ending_ = false;
  std::condition_variable ended_;
  std::thread ticker_;
};

// {"run": {...}} of a run as it is now; used by `run watch` too.
json::Value RunLine(const model::Run& run);
json::Value CheckpointLine(const std::string& run, const std::string& name);

}  // namespace aiop::app
