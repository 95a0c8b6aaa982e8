// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/scoring/scoring.h"

namespace aiop::scoring {
namespace {

// Lower bounds of the bins of confidence; the policy abstains below 0.7.
constexpr std::array kBinsFrom = {0.0, 0.7, 0.8, 0.9, 0.95};

std::vector<Bin> EmptyBins() {
  std::vector<Bin> bins;
  for (size_t i = 0; i < kBinsFrom.size(); ++i) {
    bins.push_back({.from = kBinsFrom[i],
                    .to = i + 1 < kBinsFrom.size() ? kBinsFrom[i + 1] : 1.0,
                    .right = {}});
  }
  return bins;
}

void AddToBins(std::vector<Bin>& bins, const Answer& answer) {
  const double confidence = answer.said->confidence;
  auto bin = bins.begin();
  while (bin + 1 != bins.end() && confidence >= bin->to) ++bin;
  const auto before = static_cast<double>(bin->right.of);
  bin->mean_confidence = (bin->mean_confidence * before + confidence) / (before + 1);
  bin->right.Add(answer.Right());
}

std::string_view CalledSide(const Answer& answer) {
  if (!answer.said) return kUndecided;
  return answer.said->abstained ? kAbstained : describe::Name(answer.said->label.classification);
}

std::string_view CalledCategory(const Answer& answer) {
  if (!answer.said) return kUndecided;
  return answer.said->abstained ? kAbstained : describe::Name(answer.said->label.category);
}

void AddDecided(const Answer& answer, Figures& figures) {
  figures.accuracy.Add(answer.Right());
  figures.side.Add(answer.said->label.classification == answer.truth.classification);
  if (answer.said->patches_motor) figures.false_motor_fixes.Add(!MotorHasToChange(answer.truth));
  AddToBins(figures.calibration, answer);
}

}  // namespace

bool MotorHasToChange(const Label& truth) {
  return truth.classification != model::Classification::kApp;
}

Figures Score(const std::vector<Answer>& answers, std::optional<Split> split) {
  Figures figures;
  figures.calibration = EmptyBins();
  std::vector<double> seconds;
  for (const Answer& answer : answers) {
    if (split && answer.split != *split) continue;
    figures.strict_accuracy.Add(answer.Right());
    figures.abstained.Add(answer.said && answer.said->abstained);
    figures.categories.Add(describe::Name(answer.truth.category), CalledCategory(answer));
    figures.sides.Add(describe::Name(answer.truth.classification), CalledSide(answer));
    if (!answer.said) continue;
    seconds.push_back(answer.said->plant_seconds);
    if (!answer.said->abstained) AddDecided(answer, figures);
  }
  figures.macro_f1 = figures.categories.MacroF1(kAbstained);
  figures.plant_seconds = SpreadOf(std::move(seconds));
  return figures;
}

Resumption ScoreEndings(const std::vector<Ending>& endings, std::optional<Split> split) {
  Resumption resumption;
  int64_t actions = 0;
  int64_t failures = 0;
  for (const Ending& ending : endings) {
    if (!ending.fix_exists || (split && ending.split != *split)) continue;
    const bool resumed = ending.success && ending.steps_redone == 0;
    resumption.resumed.Add(resumed);
    if (!resumed) continue;
    actions += ending.actions;
    failures += ending.failures;
  }
  if (failures > 0) {
    resumption.actions = static_cast<double>(actions) / static_cast<double>(failures);
  }
  return resumption;
}

std::optional<bool> Bar::Holds() const {
  if (!value) return std::nullopt;
  return at_least ? *value >= bound : *value <= bound;
}

std::vector<Bar> BarsOf(const std::vector<Answer>& answers, const std::vector<Grouped>& failures,
                        const std::vector<Ending>& endings) {
  const Figures all = Score(answers);
  const Resumption resumption = ScoreEndings(endings);
  return {
      {"accuracy (tuning)", Score(answers, Split::kTuning).accuracy.value(), 0.98},
      {"accuracy (test)", Score(answers, Split::kTest).accuracy.value(), 0.95},
      {"macro-F1", all.macro_f1, 0.90},
      {"false motor fixes", all.false_motor_fixes.value(), 0.01, false},
      {"abstained", all.abstained.value(), 0.10, false},
      {"pairwise F1", ScorePairs(failures).f1(), 0.92},
      {"resumed", resumption.resumed.value(), 0.75},
      {"actions per failure", resumption.actions, 1.5, false},
      {"undecided",
       all.strict_accuracy.of == 0
           ? std::nullopt
           : std::optional(static_cast<double>(all.strict_accuracy.of - all.accuracy.of -
                                               all.abstained.hits)),
       0, false},
  };
}

}  // namespace aiop::scoring
