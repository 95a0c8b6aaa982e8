// SPDX-License-Identifier: Apache-2.0
// Propositions about the failing event itself.
#include <algorithm>
#include <array>

#include "core/policy/proposition.h"

namespace aiop::policy {
namespace {

using model::SignalType;

constexpr size_t kTextBytesRead = size_t{64} << 10;

// How build tools say that what the app brings is broken: dependencies, its code, its tests.
constexpr auto kBuildWords = std::to_array<std::string_view>({
    "could not resolve dependenc",
    "unable to resolve dependenc",
    "failed to resolve dependenc",
    "dependency resolution",
    "unresolved dependenc",
    "eresolve",
    "etarget",
    "npm err! 404",
    "no matching distribution found",
    "no matching version found",
    "no matching package",
    "could not find a version that satisfies",
    "could not find artifact",
    "cannot find module",
    "cannot find package",
    "module not found",
    "modulenotfounderror",
    "no module named",
    "importerror",
    "package not found",
    "missing go.sum entry",
    "compilation failed",
    "compilation error",
    "compile error",
    "compilation failure",
    "could not compile",
    "build failed",
    "build failure",
    "cannot find symbol",
    "undefined reference",
    "undeclared identifier",
    "syntaxerror",
    "syntax error",
    "error ts",
    "tests failed",
    "test failed",
    "failing tests",
    "test failures",
    "failing test",
    "assertionerror",
    "assertion failed",
    "failed tests",
});

// How programs and systems say that they do not reach what they need.
constexpr auto kNetworkWords = std::to_array<std::string_view>({
    "econnrefused",
    "econnreset",
    "enetunreach",
    "enotfound",
    "eai_again",
    "etimedout",
    "ehostunreach",
    "connection refused",
    "connection reset",
    "connection timed out",
    "connection error",
    "network is unreachable",
    "network error",
    "name resolution",
    "name or service not known",
    "could not resolve host",
    "getaddrinfo",
    "no route to host",
    "fetch failed",
    "failed to fetch",
    "max retries exceeded",
    "cannot connect",
    "could not connect",
    "failed to connect",
    "unreachable",
});

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

char Lowered(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// What stands in quotes comes from what is being built, and does not tell what failed.
std::string Unquoted(std::string_view text) {
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    const bool opens = (c == '"' || c == '`' || c == '\'') &&
                       (at == 0 || !IsLetter(text[at - 1]));  // not the apostrophe of "can't"
    const size_t line = std::min(text.find('\n', at), text.size());
    const size_t close = opens ? text.find(c, at + 1) : std::string_view::npos;
    if (close < line) {
      out += c;
      out += c;
      at = close + 1;
    } else {
      out += c;
      ++at;
    }
  }
  return out;
}

bool IsOneOf(const Knowledge& knowledge, SignalType first, SignalType second) {
  const SignalType signal = knowledge.evidence.event.signal_type;
  return signal == first || signal == second;
}

// Whether one of the words stands in the failure's text, but for what is quoted there.
bool Speaks(const Evidence& evidence, std::span<const std::string_view> words) {
  std::string text = Unquoted(evidence.event.Details().substr(0, kTextBytesRead));
  std::ranges::transform(text, text.begin(), Lowered);
  return std::ranges::any_of(words, [&](std::string_view word) { return text.contains(word); });
}

}  // namespace

namespace found {

Known IsBudget(const Knowledge& knowledge) {
  return IsOneOf(knowledge, SignalType::kLatency, SignalType::kCost)
             ? Yes("What failed is a budget.", {knowledge.evidence.event.id})
             : No("What failed is no budget.");
}

Known IsQuality(const Knowledge& knowledge) {
  return IsOneOf(knowledge, SignalType::kQualityScore, SignalType::kCoverage)
             ? Yes("What failed is a quality figure.", {knowledge.evidence.event.id})
             : No("What failed is no quality figure.");
}

Known PlantSaysApp(const Knowledge& knowledge) {
  const model::EventEnvelope& event = knowledge.evidence.event;
  return event.scope == model::Scope::kApp && event.signal_type == SignalType::kValidation
             ? Yes("The plant itself reports that the app does not validate.", {event.id})
             : No("The plant itself does not report that the app is invalid.");
}

Known AboutBuild(const Knowledge& knowledge) {
  if (!knowledge.evidence.spec_is_folder) return No("The app brings no code.");
  return Speaks(knowledge.evidence, kBuildWords)
             ? Yes("It failed at building what the app brings: dependencies, code or tests.",
                   {knowledge.evidence.event.id})
             : No("It did not fail at building what the app brings.");
}

// The text only makes the policy ask: what decides is that an app which goes through in reality
// fails in the harness.
Known HarnessLacksNetwork(const Knowledge& knowledge) {
  const Evidence& evidence = knowledge.evidence;
  if (evidence.has_network) return No("Experiments of this motor have the network.");
  if (!Speaks(evidence, kNetworkWords)) return No("The failure does not speak of the network.");
  if (knowledge.passing_for_real.empty()) return No("No app is known to go through in reality.");
  const auto& [app, run] = *knowledge.passing_for_real.begin();
  for (const model::Experiment& each : evidence.experiments) {
    if (each.kind != model::ExperimentKind::kOtherApp || each.app != app) continue;
    if (each.result != model::ExperimentResult::kSameFailure)
      return No("The app " + app + " does not fail this way in experiments.", {each.id});
    return Yes("The app " + app +
                   " goes through in reality, and fails this way in experiments, which have no "
                   "network, since the motor does not ask for it (network in its sandbox).",
               {run, each.id});
  }
  return Open(knowledge.AskApp(app));
}

}  // namespace found
}  // namespace aiop::policy
