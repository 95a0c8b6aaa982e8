// SPDX-License-Identifier: Apache-2.0
// The program aiop: reads the command line and carries out one command.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "app/aiop/arguments.h"
#include "app/aiop/built_in.h"
#include "app/aiop/harmless.h"
#include "app/aiop/manual.h"
#include "app/aiop/session.h"
#include "base/json/json.h"
#include "base/process/process.h"

namespace aiop::app {
namespace {

constexpr int kUsage = 2;

int Complain(const Error& error) {
  std::fprintf(stderr, "aiop: %s\n", Harmless(error.message, false).c_str());
  return ExitCode(error.code);
}

// With --json, standard output is one document whatever happens.
void ShowError(const Error& error) {
  const json::Object document{
      {"error", json::Object{{"message", error.message}, {"exit", ExitCode(error.code)}}}};
  std::printf("%s\n", json::Text(document).c_str());
}

Result<int> Run(const std::vector<std::string>& words) {
  auto read = ReadArguments(words);
  if (!read) {
    if (std::ranges::find(words, "--json") != words.end()) ShowError(read.error());
    return std::unexpected(read.error());
  }
  Arguments arguments = *std::move(read);
  if (arguments.version) {
    std::printf("aiop %s\n", std::string(kVersion).c_str());
    return 0;
  }
  if (arguments.help || !arguments.command) {
    AIOP_TRY(const std::string text, HelpText(arguments.help_for));
    std::fputs(text.c_str(), arguments.help ? stdout : stderr);
    return arguments.help ? 0 : kUsage;
  }
  const Command& command = *arguments.command;
  Session session(std::move(arguments), ReadEnvironment());
  const Status may = session.CheckRole(command);
  auto code = may ? command.handler(session) : Result<int>(std::unexpected(may.error()));
  // With --json, standard output is one document whatever happens.
  if (!code && session.out().json()) {
    session.out().Document(
        json::Object{{"error", json::Object{{"message", code.error().message},
                                            {"exit", ExitCode(code.error().code)}}}});
  }
  return code;
}

}  // namespace
}  // namespace aiop::app

int main(int count, char** words) {
  // While there is only this thread: what supervises programs is forked from here.
  if (const auto started = aiop::process::StartZygote(); !started) {
    return aiop::app::Complain(started.error());
  }
  try {
    const auto code = aiop::app::Run({words + 1, words + count});
    return code ? *code : aiop::app::Complain(code.error());
  } catch (const std::exception& error) {
    return aiop::app::Complain(
        {aiop::Code::kInternal, std::string("a bug in aiop: ") + error.what()});
  }
}
