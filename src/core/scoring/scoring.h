// SPDX-License-Identifier: Apache-2.0
//
// How good an operator is, measured on incidents whose truth is known: figures from pairs of what
// is true and what was said. Owns nothing; pure and thread-safe; never fails. A figure that rests
// on nothing has no value, instead of a good one.
//
// Formulas: intervals are Wilson's score intervals at 95 % (core/verdict); F1 is the harmonic
// mean of precision and recall; macro-F1 its mean over the classes that occur; pairwise F1 compares
// two groupings by the pairs they put together (as in entity resolution).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/model.h"

namespace aiop::scoring {

// The two parts of a labelled set: rules may be fitted to the first, never to the second.
enum class Split { kTuning, kTest };
constexpr auto EnumNames(Split) {
  return std::to_array<std::pair<Split, std::string_view>>(
      {{Split::kTuning, "tuning"}, {Split::kTest, "test"}});
}

// ---- Simple figures ----

struct Interval {
  double low = 0;
  double high = 1;
};

// `hits` of `of`.
struct Rate {
  int64_t hits = 0;
  int64_t of = 0;

  void Add(bool hit) {
    ++of;
    hits += hit ? 1 : 0;
  }
  std::optional<double> value() const;
  // 0..1 if there is nothing to go by.
  Interval Wilson95() const;
};

struct Spread {
  int64_t count = 0;
  double median = 0;
  double mean = 0;
};
Spread SpreadOf(std::vector<double> values);

// Truth by what was said.
class Confusion {
 public:
  void Add(std::string_view truth, std::string_view said, int64_t count = 1);
  int64_t At(std::string_view truth, std::string_view said) const;
  // All names that occur as truth or as answer, sorted.
  std::vector<std::string> Names() const;
  // F1 of one class; nothing if it is neither true nor said of anything.
  std::optional<double> F1(std::string_view name) const;
  // The mean of the F1 of all classes; `ignored` is an answer and no class (such as "abstained").
  std::optional<double> MacroF1(std::string_view ignored = {}) const;

 private:
  std::map<std::string, std::map<std::string, int64_t, std::less<>>, std::less<>> counts_;
};

// ---- Decisions ----

struct Label {
  model::Classification classification = model::Classification::kApp;
  model::Category category = model::Category::kAppSpec;
  bool operator==(const Label&) const = default;
};

// Whether it is right to change the motor.
bool MotorHasToChange(const Label& truth);

struct Said {
  Label label;
  double confidence = 0;
  bool abstained = false;      // the label is only its likeliest guess
  bool patches_motor = false;  // what it plans to do
  double plant_seconds = 0;    // of the experiments it took
};

// One decision, held against what is true of the runs that it covers.
struct Answer {
  Split split = Split::kTuning;
  Label truth;
  std::optional<Said> said;  // nothing: the operator never came to a decision

  bool Right() const { return said && !said->abstained && said->label == truth; }
};

// Of the decisions with such a confidence, how many were right.
struct Bin {
  double from = 0;
  double to = 1;  // not in it, but for the last
  Rate right;
  double mean_confidence = 0;
};

inline constexpr std::string_view kAbstained = "abstained";
inline constexpr std::string_view kUndecided = "undecided";

struct Figures {
  Rate accuracy;                   // side and category right, of what was decided
  Rate strict_accuracy;            // the same, of all: abstentions and missing decisions are wrong
  Rate side;                       // the side right, of what was decided
  Rate abstained;                  // of all
  Rate false_motor_fixes;          // the motor has not to change, of the decisions to patch one
  std::optional<double> macro_f1;  // over categories; who abstains misses
  Spread plant_seconds;            // per decision
  Confusion categories;
  Confusion sides;
  std::vector<Bin> calibration;  // of what was decided
};

// Of the answers of one split, or of all.
Figures Score(const std::vector<Answer>& answers, std::optional<Split> split = std::nullopt);

// ---- Grouping ----

// One failure, in the group it belongs to and in the one it was put into. Only failures of the same
// `world` could have been put together.
struct Grouped {
  std::string world;
  std::string truth;
  std::string said;
};

struct PairScore {
  int64_t true_pairs = 0;
  int64_t said_pairs = 0;
  int64_t both = 0;
  std::optional<double> precision() const;
  std::optional<double> recall() const;
  std::optional<double> f1() const;
};
PairScore ScorePairs(const std::vector<Grouped>& failures);

// ---- Resumption ----

// What became of a run that failed.
struct Ending {
  Split split = Split::kTuning;
  bool fix_exists = false;
  bool success = false;
  int64_t steps_redone = 0;
  int64_t failures = 1;  // different ones that it had
  int64_t actions = 0;   // times it was resumed after a failure
};

struct Resumption {
  Rate resumed;  // ended well without redone steps, of those for which a fix exists
  std::optional<double> actions;  // mean per failure of those
};
Resumption ScoreEndings(const std::vector<Ending>& endings,
                        std::optional<Split> split = std::nullopt);

// ---- Bars ----

struct Bar {
  std::string name;
  std::optional<double> value;
  double bound = 0;
  bool at_least = true;  // false: at most
  // No data: neither held nor missed.
  std::optional<bool> Holds() const;
};

// What the whole set has to reach.
std::vector<Bar> BarsOf(const std::vector<Answer>& answers, const std::vector<Grouped>& failures,
                        const std::vector<Ending>& endings);

// ---- Trivial operators, to compare with ----

// What one failure of one run showed, without any experiment, and what is true of it.
struct Symptom {
  std::string run;
  Label truth;
  int64_t apps_alike = 1;                 // apps in which this failure was seen
  bool gone_under_other_profile = false;  // the same app and motor went through there
  bool quality_dropped = false;           // a quality score, on a newer motor version than before
  std::optional<bool> declared;           // inside what the motor declares to accept
  std::optional<bool> valid;              // in the eyes of the motor's validators
  bool passed_before_upgrade = false;     // the same app version on an older motor version
  bool motor_fix_exists = false;
  bool app_fix_exists = false;
  double whole_run_seconds = 0;  // what the run costs from start to end
};

// The specification's heuristics (its section 11) in their order, as worded; else the app.
Label HeuristicsAsWorded(const Symptom& symptom);
// Is the spec declared? What do the validators say, and did it go through before the upgrade? Else
// the motor.
Label TenLineRule(const Symptom& symptom);

// One line of the table that compares operators.
struct Row {
  std::string name;
  Rate side;      // the side right, of the failures it has an opinion on
  Rate category;  // the category right, of the same
  Rate false_motor_fixes;
  Rate finished;  // of the runs that failed
  double plant_seconds = 0;
};

// An operator that has an opinion about each failure, patches that side if there is a fix for it,
// and runs the app again from the start. `plant_seconds` is what the first runs of all apps took.
Row ScoreOpinion(std::string_view name, Label (*opinion)(const Symptom&),
                 const std::vector<Symptom>& symptoms, double plant_seconds);

}  // namespace aiop::scoring
