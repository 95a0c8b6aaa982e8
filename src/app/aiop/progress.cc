// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "app/aiop/harmless.h"
#include "app/aiop/words.h"

namespace aiop::app {
namespace {

using What = engine::Notice::What;

constexpr std::chrono::milliseconds kRedraw{500};
constexpr size_t kNameWidth = 28;
constexpr size_t kStateWidth = 20;

struct Size {
  size_t columns = 80;
  size_t rows = 24;
};
Size TerminalSize() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {size.ws_col, size.ws_row};
}

std::string Padded(const std::string& text, size_t width) {
  const std::string cut = Cut(text, width);
  return cut + std::string(width - std::min(width, Width(cut)), ' ');
}

bool Waits(const model::Run& run) { return run.Ended() || run.state == model::RunState::kPaused; }

}  // namespace

json::Value RunLine(const model::Run& run) {
  json::Object object{{"id", run.id},
                      {"app", run.app},
                      {"profile", run.profile},
                      {"state", std::string(describe::Name(run.state))}};
  object["paused_because"] = run.paused_because
                                 ? json::Value(std::string(describe::Name(*run.paused_because)))
                                 : json::Value(nullptr);
  object["cause"] = run.cause;
  object["checkpoint"] = run.checkpoint;
  object["motor"] = run.motor_ctx.Text();
  object["app_ctx"] = run.app_ctx.Text();
  object["incident"] = run.incident;
  object["decision"] = run.decision;
  object["transitions"] = run.transitions;
  return json::Object{{"run", std::move(object)}};
}

json::Value CheckpointLine(const std::string& run, const std::string& name) {
  return json::Object{{"checkpoint", json::Object{{"run", run}, {"name", name}}}};
}

Progress::Progress(Output& out, contexts::Home& home, bool stream)
    : out_(out),
      home_(home),
      stream_(stream),
      live_(!out.quiet() && out.error_is_terminal() && !(stream && isatty(STDOUT_FILENO) != 0)) {
  const auto last = home_.ledger().database().ListRows(
      store::Kind<model::Experiment>::name,
      {.key = -1, .value = "", .after = 0, .limit = 1, .newest_first = true});
  if (last && !last->empty()) experiments_seen_ = last->front().sequence;
  if (!live_) return;
  ticker_ = std::thread([this] {
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, kRedraw, [this] { return ending_; })) {
      Erase();
      Draw();
    }
  });
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    Erase();
  }
  ended_.notify_all();
  if (ticker_.joinable()) ticker_.join();
}

void Progress::Note(const std::string& text) {
  const std::lock_guard lock(mutex_);
  Print(text);
}

void Progress::See(const engine::Notice& notice) {
  const std::lock_guard lock(mutex_);
  if (stream_) Stream(notice);
  if (out_.quiet()) return;
  if (notice.what == What::kTransition || notice.what == What::kCheckpoint) {
    if (Waits(notice.run)) {
      rows_.erase(notice.run.id);
    } else {
      Row& row = rows_[notice.run.id];
      if (row.name.empty() || row.run.state != notice.run.state) row.since = Now();
      row.name = NameOf(notice.run);
      row.run = notice.run;
    }
  }
  const std::string sentence = Sentence(notice);
  if (!sentence.empty()) {
    Print(sentence);
  } else if (live_) {
    Erase();
    Draw();
  }
}

// What is worth a line of its own. On a terminal the steps of a run are in its live line.
std::string Progress::Sentence(const engine::Notice& notice) const {
  const model::Run& run = notice.run;
  const std::string name = Padded(NameOf(run), kNameWidth);
  switch (notice.what) {
    case What::kTransition:
      if (live_ && !Waits(run)) return "";
      return name + "  " +
             Paint(Padded(StateText(run), kStateWidth), ColourOf(run.state), out_.error_colours()) +
             "  " + Cut(notice.text, 200);
    case What::kCheckpoint:
      return live_ ? "" : name + "  checkpoint " + notice.name;
    case What::kStep:
      return Paint(Padded(notice.name, kNameWidth) + "  " + Cut(notice.text, 300), Colour::kDim,
                   out_.error_colours());
    case What::kEvent:
    case What::kAttempt:
      return "";
  }
  return "";
}

void Progress::Stream(const engine::Notice& notice) {
  switch (notice.what) {
    case What::kTransition:
      out_.Line(RunLine(notice.run));
      return;
    case What::kCheckpoint:
      out_.Line(CheckpointLine(notice.run.id, notice.name));
      return;
    case What::kEvent:
      out_.Line(json::Object{{"event", describe::ToJson(notice.event)}});
      return;
    case What::kStep:
    case What::kAttempt:
      break;
  }
  if (describe::FromName<model::ExperimentKind>(notice.name)) {
    StreamExperiments();
  } else {
    out_.Line(json::Object{{"step", json::Object{{"name", notice.name}, {"text", notice.text}}}});
  }
}

void Progress::StreamExperiments() {
  const auto rows = home_.ledger().database().ListRows(
      store::Kind<model::Experiment>::name,
      {.key = -1, .value = "", .after = experiments_seen_, .limit = SIZE_MAX});
  if (!rows) return;
  for (const auto& row : *rows) {
    experiments_seen_ = row.sequence;
    auto value = json::Parse(row.body);
    if (!value) continue;
    json::Object& experiment = value->as_object();
    experiment["motor"] = std::string(json::TextMember(*value, "motor_ctx"));
    experiment["outcome"] = std::string(json::TextMember(*value, "result"));
    out_.Line(json::Object{{"experiment", std::move(experiment)}});
  }
}

void Progress::Print(const std::string& line) {
  Erase();
  out_.Note(line);
  Draw();
}

void Progress::Erase() {
  if (!live_ || drawn_ == 0) return;
  std::fprintf(stderr, "\033[%zuA\r\033[J", drawn_);
  std::fflush(stderr);
  drawn_ = 0;
}

void Progress::Draw() {
  if (!live_ || ending_ || rows_.empty()) return;
  const Size size = TerminalSize();
  const size_t room = std::max<size_t>(3, size.rows) - 2;
  const Timestamp now = Now();
  std::string text;
  for (const auto& [id, row] : rows_) {
    if (drawn_ + 1 == room && rows_.size() > room) {
      text += "... and " + std::to_string(rows_.size() - drawn_) + " more\n";
      ++drawn_;
      break;
    }
    const std::string step =
        row.run.checkpoint.empty() ? "first step" : "after " + row.run.checkpoint;
    const std::string line = Padded(row.name, kNameWidth) + "  " +
                             Padded(StateText(row.run), kStateWidth) + "  " + Padded(step, 24) +
                             "  " + FormatDuration(now - row.since);
    text += Harmless(Cut(line, size.columns - 1), out_.error_colours()) + "\n";
    ++drawn_;
  }
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace aiop::app
