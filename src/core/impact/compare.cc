// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/impact/impact.h"
#include "core/verdict/verdict.h"

namespace aiop::impact {
namespace {

// What one version showed.
struct Samples {
  verdict::Rate failures;
  std::vector<double> latency;
  std::vector<double> cost;
  std::vector<double> quality;
};

bool SaysSomething(const model::Attempt& attempt) {
  return attempt.purpose == model::Purpose::kRun && !attempt.outcome.empty() &&
         attempt.outcome != "stopped" && attempt.outcome != "lost";
}

void Add(const kpi::Build& build, const std::string& version, Samples& samples) {
  if (build.run.shadow) return;
  const model::Attempt* last = nullptr;
  bool alone = true;
  double cost = 0;
  bool priced = false;
  for (const model::Attempt& each : build.attempts) {
    if (!SaysSomething(each)) continue;
    if (each.motor_ctx.version != version) {
      alone = false;
      continue;
    }
    last = &each;
    priced = priced || each.usage.cost_usd.has_value();
    cost += each.usage.cost_usd.value_or(0);
  }
  if (last == nullptr) return;
  ++samples.failures.trials;
  if (last->outcome != "success") {
    ++samples.failures.successes;
    return;
  }
  if (!alone || build.run.resumed > 0) return;
  samples.latency.push_back(static_cast<double>(build.run.plant_ms));
  if (priced) samples.cost.push_back(cost);
  if (build.quality) samples.quality.push_back(*build.quality);
}

Samples Collect(const kpi::Builds& builds, const std::string& version) {
  Samples samples;
  for (const auto& [id, build] : builds) Add(build, version, samples);
  return samples;
}

model::Figure RateOf(const verdict::Rate& rate) {
  model::Figure figure;
  figure.samples = rate.trials;
  const auto interval = verdict::Wilson(rate);
  if (rate.trials == 0 || !interval) return figure;
  figure.value = static_cast<double>(rate.successes) / static_cast<double>(rate.trials);
  figure.low = interval->low;
  figure.high = interval->high;
  return figure;
}

model::Figure MedianOf(const std::vector<double>& values) {
  model::Figure figure;
  figure.samples = std::ssize(values);
  if (values.empty()) return figure;
  figure.value = verdict::Median(values);
  const auto interval = verdict::MedianInterval(values);
  if (interval && *interval) {
    figure.low = (*interval)->low;
    figure.high = (*interval)->high;
  }
  return figure;
}

std::string Number(double value, int digits) {
  std::array<char, 64> buffer{};
  const auto written = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                     std::chars_format::fixed, digits);
  if (written.ec != std::errc()) return "very much";
  return std::string(buffer.data(), written.ptr);
}

// How a signal is written: its name for people, its scale, its digits and unit.
struct Form {
  std::string_view signal;
  std::string_view words;
  double scale;
  int digits;
  std::string_view unit;
};
constexpr Form kForms[] = {{"failures", "failed runs", 100, 1, " %"},
                           {"latency_ms", "median time", 1, 0, " ms"},
                           {"cost_usd", "median cost", 1, 4, " USD"},
                           {"quality", "median quality", 1, 3, ""}};

std::string Text(const model::Figure& figure, const Form& form) {
  if (!figure.value) return "no run";
  const auto write = [&](double value) { return Number(value * form.scale, form.digits); };
  std::string text;
  const bool rate = form.signal == "failures";
  if (rate) {
    const auto failed = std::llround(*figure.value * static_cast<double>(figure.samples));
    text = std::to_string(failed) + " of " + std::to_string(figure.samples) + " (" +
           write(*figure.value) + std::string(form.unit);
  } else {
    text =
        write(*figure.value) + std::string(form.unit) + " (n = " + std::to_string(figure.samples);
  }
  if (figure.low && figure.high) {
    text += ", 95 % interval " + write(*figure.low) + " to " + write(*figure.high) +
            std::string(form.unit);
  }
  return text + ")";
}

}  // namespace

std::vector<model::Comparison> Compare(const kpi::Builds& builds, const std::string& before,
                                       const std::string& after) {
  const Samples old_version = Collect(builds, before);
  const Samples new_version = Collect(builds, after);
  std::vector<model::Comparison> all{
      {"failures", RateOf(old_version.failures), RateOf(new_version.failures)},
      {"latency_ms", MedianOf(old_version.latency), MedianOf(new_version.latency)},
      {"cost_usd", MedianOf(old_version.cost), MedianOf(new_version.cost)},
      {"quality", MedianOf(old_version.quality), MedianOf(new_version.quality)}};
  std::erase_if(all, [](const model::Comparison& each) {
    return each.before.samples == 0 && each.after.samples == 0;
  });
  return all;
}

std::string Text(const model::Comparison& comparison) {
  const auto form = std::ranges::find(kForms, comparison.signal, &Form::signal);
  if (form == std::end(kForms)) return comparison.signal;
  return std::string(form->words) + ": " + Text(comparison.before, *form) + " before, " +
         Text(comparison.after, *form) + " after";
}

}  // namespace aiop::impact
