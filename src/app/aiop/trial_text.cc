// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/trial_text.h"

#include <array>
#include <charconv>

#include "app/aiop/table.h"
#include "app/aiop/words.h"

namespace aiop::app {
namespace {

Colour ColourOf(model::Verdict verdict) {
  return verdict == model::Verdict::kPass   ? Colour::kGreen
         : verdict == model::Verdict::kFail ? Colour::kRed
                                            : Colour::kYellow;
}

std::string Number(double value) {
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::general, 4);
  return written.ec == std::errc() ? std::string(buffer.data(), written.ptr) : "very much";
}

std::string ValueOf(const std::string& signal, const std::optional<double>& value) {
  if (!value) return "-";
  if (signal == "success") return Number(*value * 100) + " %";
  if (signal == "latency") return Number(*value) + " ms";
  if (signal == "cost") return Number(*value) + " USD";
  return Number(*value);
}

std::string Headline(const model::Canary& trial, bool goes_on) {
  std::string text = "\nTrial " + std::to_string(trial.trial) + (trial.shadow ? " in shadow" : "") +
                     " with " + Counted(trial.cohort.size(), "app") + " (" + trial.apps + "): ";
  text += goes_on ? "goes on" : std::string(describe::Name(trial.verdict));
  return text + ", " + Counted(trial.runs.size(), "run") + " of at least " +
         std::to_string(trial.min_runs) + "\n";
}

}  // namespace

void ShowTrials(Output& out, const model::Change& change) {
  for (const model::Canary& trial : change.canaries) {
    out.Text(Headline(trial, !trial.ended));
    if (!trial.cohort.empty()) {
      out.Text("  apps: " + Wrap(Joined(trial.cohort), out.paragraph_width(), 8) + "\n");
    }
    if (!trial.because.empty()) {
      out.Text("  " + Wrap(trial.because, out.paragraph_width(), 2) + "\n");
    }
    Table figures({{"FIGURE"},
                   {"VERDICT"},
                   {"RUNS", Table::Align::kRight},
                   {"NOW", Table::Align::kRight},
                   {"RUNS BEFORE", Table::Align::kRight},
                   {"BEFORE", Table::Align::kRight},
                   {"WHY", Table::Align::kLeft, true}});
    for (const auto& each : trial.figures) {
      figures.Add({each.signal,
                   Cell(std::string(describe::Name(each.verdict)), ColourOf(each.verdict)),
                   std::to_string(each.samples), ValueOf(each.signal, each.value),
                   std::to_string(each.baseline_samples), ValueOf(each.signal, each.baseline_value),
                   each.because});
    }
    if (!figures.empty()) out.Show(figures);
  }
}

}  // namespace aiop::app
