// SPDX-License-Identifier: Apache-2.0
#include "control/plants/exec.h"
#include "control/plants/pipeline.h"
#include "control/plants/service.h"

namespace aiop::plants {

Result<Outcome> Execute(const Execution& execution, Sink& sink) {
  const auto& run = execution.manifest.run;
  if (!run.http.empty()) return ExecuteService(execution, sink);
  return run.pipeline.empty() ? ExecuteProgram(execution, sink) : ExecutePipeline(execution, sink);
}

std::vector<std::string> Expand(const std::vector<std::string>& command,
                                const std::map<std::string, std::string>& values) {
  std::vector<std::string> expanded;
  expanded.reserve(command.size());
  for (const std::string& argument : command) {
    std::string& out = expanded.emplace_back();
    for (size_t at = 0; at < argument.size();) {
      const size_t end = argument[at] == '{' ? argument.find('}', at) : std::string::npos;
      const auto found = end == std::string::npos
                             ? values.end()
                             : values.find(argument.substr(at + 1, end - at - 1));
      if (found == values.end()) {
        out += argument[at++];
        continue;
      }
      out += found->second;
      at = end + 1;
    }
  }
  return expanded;
}

}  // namespace aiop::plants
