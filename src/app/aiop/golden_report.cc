// SPDX-License-Identifier: Apache-2.0
#include "app/aiop/golden_report.h"

#include <algorithm>
#include <array>

#include "app/aiop/figures_text.h"
#include "app/aiop/words.h"

namespace aiop::app {
namespace {

using scoring::Rate;
using scoring::Split;

void ShowConfusion(Output& out, const scoring::Confusion& confusion, const std::string& title) {
  std::vector<Table::Column> columns = {{title}};
  const auto names = confusion.Names();
  for (const std::string& name : names) columns.push_back({name, Table::Align::kRight});
  columns.push_back({"F1", Table::Align::kRight});
  Table table(columns);
  for (const std::string& truth : names) {
    if (truth == scoring::kAbstained || truth == scoring::kUndecided) continue;
    std::vector<Cell> row = {truth};
    for (const std::string& said : names) {
      const int64_t count = confusion.At(truth, said);
      const Colour colour = count == 0      ? Colour::kDim
                            : truth == said ? Colour::kGreen
                                            : Colour::kRed;
      row.push_back(Cell(std::to_string(count), colour));
    }
    row.push_back(Fixed(confusion.F1(truth), 3));
    table.Add(std::move(row));
  }
  out.Show(table);
  out.Text("\n");
}

void ShowFigures(Output& out, const golden::Report& report) {
  const auto answers = report.Answers();
  const std::array figures = {scoring::Score(answers, Split::kTuning),
                              scoring::Score(answers, Split::kTest), scoring::Score(answers)};
  const std::array endings = {scoring::ScoreEndings(report.endings, Split::kTuning),
                              scoring::ScoreEndings(report.endings, Split::kTest),
                              scoring::ScoreEndings(report.endings)};
  ShowConfusion(out, figures[2].categories, "TRUE \\ SAID");
  ShowConfusion(out, figures[2].sides, "TRUE \\ SAID");
  Table table({{""}, {"TUNING"}, {"TEST"}, {"ALL"}});
  const auto line = [&](const char* name, const auto& show) {
    table.Add({name, show(0), show(1), show(2)});
  };
  line("accuracy", [&](size_t i) { return Shown(figures[i].accuracy); });
  line("... abstentions are wrong", [&](size_t i) { return Shown(figures[i].strict_accuracy); });
  line("side right", [&](size_t i) { return Shown(figures[i].side); });
  line("macro-F1", [&](size_t i) { return Fixed(figures[i].macro_f1, 3); });
  line("false motor fixes", [&](size_t i) { return Shown(figures[i].false_motor_fixes); });
  line("abstained", [&](size_t i) { return Shown(figures[i].abstained); });
  line("resumed", [&](size_t i) { return Shown(endings[i].resumed); });
  line("actions per failure", [&](size_t i) { return Fixed(endings[i].actions, 2); });
  line("plant-seconds per decision", [&](size_t i) {
    const auto& seconds = figures[i].plant_seconds;
    if (seconds.count == 0) return std::string("no data");
    return "median " + Fixed(seconds.median, 2) + ", mean " + Fixed(seconds.mean, 2);
  });
  out.Show(table);
  const auto pairs = scoring::ScorePairs(report.failures);
  out.Text("\nfailures grouped: pairwise F1 " + Fixed(pairs.f1(), 3) + " (precision " +
           Fixed(pairs.precision(), 3) + ", recall " + Fixed(pairs.recall(), 3) + "; " +
           std::to_string(pairs.true_pairs) + " true pairs)\n\n");
  Table bins({{"CONFIDENCE"},
              {"DECISIONS", Table::Align::kRight},
              {"MEAN", Table::Align::kRight},
              {"RIGHT"}});
  for (const auto& bin : figures[2].calibration) {
    if (bin.right.of == 0) continue;
    bins.Add({Fixed(bin.from, 2) + "-" + Fixed(bin.to, 2), std::to_string(bin.right.of),
              Fixed(bin.mean_confidence, 3), Shown(bin.right)});
  }
  out.Show(bins);
  out.Text("\n");
}

std::vector<scoring::Bar> Bars(const golden::Report& report) {
  return scoring::BarsOf(report.Answers(), report.failures, report.endings);
}

void ShowBars(Output& out, const golden::Report& report) {
  Table table({{"BAR"}, {"IS", Table::Align::kRight}, {"HAS TO BE"}, {""}});
  for (const auto& bar : Bars(report)) {
    const auto holds = bar.Holds();
    table.Add({bar.name, Fixed(bar.value, 3),
               (bar.at_least ? "at least " : "at most ") + Fixed(bar.bound, 2),
               !holds   ? Cell("no data", Colour::kDim)
               : *holds ? Cell("holds", Colour::kGreen)
                        : Cell("missed", Colour::kRed)});
  }
  out.Show(table);
  out.Text("\n");
}

void ShowRows(Output& out, const std::vector<scoring::Row>& rows) {
  if (rows.empty()) return;
  Table table({{"OPERATOR"},
               {"ACCURACY"},
               {"SIDE RIGHT"},
               {"FALSE MOTOR FIXES"},
               {"RUNS FINISHED"},
               {"PLANT-SECONDS", Table::Align::kRight}});
  const auto brief = [](const Rate& rate) {
    return rate.of == 0 ? std::string("none")
                        : InPercent(*rate.value()) + " % (" + std::to_string(rate.hits) + "/" +
                              std::to_string(rate.of) + ")";
  };
  for (const auto& row : rows) {
    table.Add({row.name, brief(row.category), brief(row.side), brief(row.false_motor_fixes),
               brief(row.finished), Fixed(row.plant_seconds, 1)});
  }
  out.Show(table);
  out.Text("\n");
}

std::string Called(const golden::NamedAnswer& answer) {
  if (!answer.answer.said) return "undecided";
  const auto& said = *answer.answer.said;
  return std::string(said.abstained ? "abstained, perhaps " : "") +
         std::string(describe::Name(said.label.category)) + " (" + Fixed(said.confidence, 2) +
         ", rule " + answer.rule + ")";
}

void ShowWrong(Output& out, const golden::Report& report) {
  const size_t width = out.paragraph_width();
  for (const auto& each : report.answers) {
    if (each.answer.Right()) continue;
    out.Text(Paint("wrong", Colour::kRed, out.colours()) + "  " + each.story + " (app " +
             each.apps + "; " + std::string(describe::Name(each.answer.split)) +
             "): " + Called(each) + "\n");
    out.Text("       " +
             Wrap("true is " + std::string(describe::Name(each.answer.truth.category)) + ": " +
                      each.because,
                  width, 7) +
             "\n");
    if (!each.rationale.empty())
      out.Text("       " + Wrap("said: " + each.rationale, width, 7) + "\n");
    out.Text("       " + Wrap("failure: " + each.failure, width, 7) + "\n");
  }
  for (const auto& each : report.misgrouped) {
    out.Text(Paint("group", Colour::kRed, out.colours()) + "  " + each.story + ": " +
             Wrap(each.why, width, each.story.size() + 9) + "\n");
  }
  for (const auto& each : report.broken) {
    out.Text(Paint("broken", Colour::kRed, out.colours()) + " " + each.story + ": " + each.why +
             "\n");
  }
}

json::Value RateDocument(const Rate& rate) {
  const auto interval = rate.Wilson95();
  return json::Object{{"hits", rate.hits},
                      {"of", rate.of},
                      {"value", describe::Encode(rate.value().value_or(0))},
                      {"low", interval.low},
                      {"high", interval.high}};
}

json::Value Maybe(const std::optional<double>& value) {
  return value ? json::Value(*value) : json::Value(nullptr);
}

json::Value ConfusionDocument(const scoring::Confusion& confusion) {
  json::Object rows;
  for (const std::string& truth : confusion.Names()) {
    json::Object row;
    for (const std::string& said : confusion.Names()) {
      if (const int64_t count = confusion.At(truth, said)) row[said] = count;
    }
    if (!row.empty()) rows[truth] = std::move(row);
  }
  return rows;
}

json::Value FiguresDocument(const golden::Report& report, std::optional<Split> split) {
  const auto figures = scoring::Score(report.Answers(), split);
  const auto resumption = scoring::ScoreEndings(report.endings, split);
  json::Array bins;
  for (const auto& bin : figures.calibration) {
    bins.push_back(json::Object{{"from", bin.from},
                                {"to", bin.to},
                                {"mean_confidence", bin.mean_confidence},
                                {"right", RateDocument(bin.right)}});
  }
  return json::Object{{"accuracy", RateDocument(figures.accuracy)},
                      {"strict_accuracy", RateDocument(figures.strict_accuracy)},
                      {"side", RateDocument(figures.side)},
                      {"macro_f1", Maybe(figures.macro_f1)},
                      {"false_motor_fixes", RateDocument(figures.false_motor_fixes)},
                      {"abstained", RateDocument(figures.abstained)},
                      {"resumed", RateDocument(resumption.resumed)},
                      {"actions_per_failure", Maybe(resumption.actions)},
                      {"plant_seconds_median", figures.plant_seconds.median},
                      {"plant_seconds_mean", figures.plant_seconds.mean},
                      {"categories", ConfusionDocument(figures.categories)},
                      {"sides", ConfusionDocument(figures.sides)},
                      {"calibration", std::move(bins)}};
}

json::Value AnswerDocument(const golden::NamedAnswer& answer) {
  json::Object document{{"incident", answer.story},
                        {"split", std::string(describe::Name(answer.answer.split))},
                        {"truth", std::string(describe::Name(answer.answer.truth.category))},
                        {"because", answer.because},
                        {"failure", answer.failure},
                        {"right", answer.answer.Right()}};
  if (const auto& said = answer.answer.said) {
    document["said"] = std::string(describe::Name(said->label.category));
    document["confidence"] = said->confidence;
    document["abstained"] = said->abstained;
    document["rule"] = answer.rule;
    document["rationale"] = answer.rationale;
    document["plant_seconds"] = said->plant_seconds;
  }
  return document;
}

json::Value RowDocument(const scoring::Row& row) {
  return json::Object{{"name", row.name},
                      {"accuracy", RateDocument(row.category)},
                      {"side", RateDocument(row.side)},
                      {"false_motor_fixes", RateDocument(row.false_motor_fixes)},
                      {"finished", RateDocument(row.finished)},
                      {"plant_seconds", row.plant_seconds}};
}

}  // namespace

bool GoldenHolds(const golden::Report& report) {
  const auto bars = Bars(report);
  return report.broken.empty() && !report.answers.empty() &&
         std::ranges::all_of(bars, [](const auto& bar) { return bar.Holds().value_or(true); });
}

void ShowGolden(Output& out, const golden::Report& report, const std::vector<scoring::Row>& rows) {
  ShowFigures(out, report);
  ShowBars(out, report);
  ShowRows(out, rows);
  ShowWrong(out, report);
}

json::Value GoldenDocument(const golden::Report& report, const std::vector<scoring::Row>& rows) {
  const auto pairs = scoring::ScorePairs(report.failures);
  json::Array bars;
  for (const auto& bar : Bars(report)) {
    const auto holds = bar.Holds();
    bars.push_back(json::Object{{"name", bar.name},
                                {"value", Maybe(bar.value)},
                                {"bound", bar.bound},
                                {"at_least", bar.at_least},
                                {"holds", holds ? json::Value(*holds) : json::Value(nullptr)}});
  }
  json::Array answers;
  for (const auto& each : report.answers) answers.push_back(AnswerDocument(each));
  const auto stories = [](const std::vector<golden::Broken>& list) {
    json::Array items;
    for (const auto& each : list) {
      items.push_back(json::Object{{"incident", each.story}, {"why", each.why}});
    }
    return items;
  };
  json::Array compared;
  for (const auto& row : rows) compared.push_back(RowDocument(row));
  return json::Object{{"holds", GoldenHolds(report)},
                      {"tuning", FiguresDocument(report, Split::kTuning)},
                      {"test", FiguresDocument(report, Split::kTest)},
                      {"all", FiguresDocument(report, std::nullopt)},
                      {"pairs", json::Object{{"f1", Maybe(pairs.f1())},
                                             {"precision", Maybe(pairs.precision())},
                                             {"recall", Maybe(pairs.recall())},
                                             {"true_pairs", pairs.true_pairs},
                                             {"said_pairs", pairs.said_pairs},
                                             {"both", pairs.both}}},
                      {"bars", std::move(bars)},
                      {"operators", std::move(compared)},
                      {"answers", std::move(answers)},
                      {"misgrouped", stories(report.misgrouped)},
                      {"broken", stories(report.broken)}};
}

}  // namespace aiop::app
