// SPDX-License-Identifier: Apache-2.0
// How well log lines are grouped, and how fast: our line template beside two published ways, on
// tests/grouping or on the folders named (NAME.log with NAME.labels, or CSV files with the columns
// Content and EventId). Every method has one setting for all systems. Headers (time, level,
// process) are taken off first, as usual in the literature, but for the row that says otherwise.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "core/fingerprint/fingerprint.h"
#include "drain.h"
#include "grouping/held_out.h"
#include "grouping/measure.h"

namespace {

using aiop::grouping::Drain;
using aiop::grouping::Numbers;
using aiop::grouping::Score;
using aiop::grouping::System;
using Lines = std::vector<std::string_view>;
constexpr double kSpanSeconds = 1.5;

// Of this process's own time, so that neighbours on the machine do not count.
double Seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Every token in which a digit stands becomes a wildcard.
std::string MaskDigits(std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const size_t end = std::min(line.find_first_of(" \t"), line.size());
    const std::string_view token = line.substr(0, end);
    if (!token.empty()) {
      if (!out.empty()) out += ' ';
      out += token.find_first_of("0123456789") == std::string_view::npos ? token : "<*>";
    }
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

std::vector<int> ByText(const Lines& lines,
                        const std::function<std::string(std::string_view)>& make) {
  Numbers numbers;
  std::vector<int> groups;
  for (const std::string_view line : lines) groups.push_back(numbers.Of(make(line)));
  return groups;
}

std::vector<int> ByDrain(const Lines& lines, bool preprocess) {
  Drain drain;
  std::vector<int> groups;
  for (const std::string_view line : lines)
    groups.push_back(drain.Add(preprocess ? aiop::grouping::Preprocess(line) : std::string(line)));
  return groups;
}

struct Method {
  const char* name;
  std::function<std::vector<int>(const System&)> group;
};

const std::vector<Method>& Methods() {
  static const std::vector<Method> methods = {
      {"ours: LineTemplate",
       [](const System& s) { return ByText(s.lines, aiop::fingerprint::LineTemplate); }},
      {"ours, header left on",
       [](const System& s) { return ByText(s.whole, aiop::fingerprint::LineTemplate); }},
      {"ours: Template of a failure",
       [](const System& s) { return ByText(s.lines, aiop::fingerprint::Template); }},
      {"Drain", [](const System& s) { return ByDrain(s.lines, false); }},
      {"Drain, usual regexes", [](const System& s) { return ByDrain(s.lines, true); }},
      {"any token with a digit", [](const System& s) { return ByText(s.lines, MaskDigits); }},
  };
  return methods;
}

struct Mean {
  double ga = 0;
  double fga = 0;
  int count = 0;
  void Add(const Score& score) {
    ga += score.ga;
    fga += score.fga;
    ++count;
  }
  void Print() const {
    if (count == 0) return std::printf("      -       -"), void();
    std::printf("  %.3f / %.3f", ga / count, fga / count);
  }
};

double LinesPerSecond(const std::vector<System>& systems, const Method& method) {
  size_t lines = 0;
  const double start = Seconds();
  do {
    for (const System& system : systems) lines += method.group(system).size();
  } while (Seconds() - start < kSpanSeconds);
  return static_cast<double>(lines) / (Seconds() - start);
}

// The template alone, without the numbering of groups: what an intake pays for each line.
double TemplatesPerSecond(const std::vector<System>& systems) {
  size_t lines = 0;
  size_t bytes = 0;
  const double start = Seconds();
  do {
    for (const System& system : systems) {
      for (const std::string_view line : system.lines)
        bytes += aiop::fingerprint::LineTemplate(line).size();
      lines += system.lines.size();
    }
  } while (Seconds() - start < kSpanSeconds);
  if (bytes == 0) return 0;
  return static_cast<double>(lines) / (Seconds() - start);
}

// `--show SYSTEM`: the groups that are wrong, to see why. Never used on a held-out system.
void ShowWrong(const System& system) {
  std::vector<std::string> made;
  for (const std::string_view line : system.lines)
    made.push_back(aiop::fingerprint::LineTemplate(line));
  for (int event = 0; event < system.events; ++event) {
    std::vector<std::string> own;
    size_t lines = 0;
    size_t foreign = 0;
    for (size_t i = 0; i < made.size(); ++i) {
      if (system.labels[i] == event) {
        ++lines;
        own.push_back(made[i]);
      }
    }
    std::ranges::sort(own);
    own.erase(std::ranges::unique(own).begin(), own.end());
    for (size_t i = 0; i < made.size(); ++i)
      foreign += system.labels[i] != event && std::ranges::binary_search(own, made[i]) ? 1 : 0;
    if (own.size() == 1 && foreign == 0) continue;
    std::printf("E%d: %zu lines, %zu templates, %zu lines of other events\n", event + 1, lines,
                own.size(), foreign);
    for (size_t i = 0; i < std::min<size_t>(own.size(), 6); ++i)
      std::printf("    %s\n", own[i].c_str());
  }
}

int Run(int count, char** arguments) {
  std::vector<System> systems;
  const char* show = nullptr;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--show") == 0 && i + 1 < count) {
      show = arguments[++i];
    } else {
      for (System& system : aiop::grouping::ReadSystems(arguments[i]))
        systems.push_back(std::move(system));
    }
  }
  const bool own = systems.empty();
  if (own) systems = aiop::grouping::ReadSystems(AIOP_GROUPING_CORPUS);
  if (systems.empty()) return std::fprintf(stderr, "grouping_bench: no labelled log there\n"), 2;
  for (const System& system : systems) {
    if (show != nullptr && system.name == show) return ShowWrong(system), 0;
  }

  std::vector<Mean> all(Methods().size());
  std::vector<Mean> tuned(Methods().size());
  std::vector<Mean> held(Methods().size());
  std::printf("GA / FGA, one setting for all systems\n%-24s %6s %6s", "", "lines", "events");
  for (const Method& method : Methods()) std::printf("  %s;", method.name);
  std::printf("\n");
  for (const System& system : systems) {
    const bool held_out = own && aiop::grouping::IsHeldOut(system.name);
    std::printf("%-24s %6zu %6d", (system.name + (held_out ? " *" : "")).c_str(),
                system.lines.size(), system.events);
    for (size_t i = 0; i < Methods().size(); ++i) {
      const Score score = aiop::grouping::Measure(system, Methods()[i].group(system));
      std::printf("  %.3f / %.3f", score.ga, score.fga);
      all[i].Add(score);
      (held_out ? held : tuned)[i].Add(score);
    }
    std::printf("\n");
  }
  const auto print = [](const char* name, const std::vector<Mean>& means) {
    std::printf("%-38s", name);
    for (const Mean& mean : means) mean.Print();
    std::printf("\n");
  };
  print("average", all);
  if (own) print("  of those the rules were made on", tuned);
  if (own) print("  of those only measured (*)", held);
  std::printf("%-38s", "million lines/s, one core");
  for (const Method& method : Methods())
    std::printf("  %13.2f", LinesPerSecond(systems, method) / 1e6);
  std::printf("\nLineTemplate alone, without numbering the groups: %.2f million lines/s\n",
              TemplatesPerSecond(systems) / 1e6);
  return 0;
}

}  // namespace

int main(int count, char** arguments) { return Run(count, arguments); }
