// SPDX-License-Identifier: Apache-2.0
#include "core/schema/schema.h"

#include "core/schema/compiler.h"
#include "core/schema/graph.h"

namespace aiop::schema {

Result<Schema> Schema::Compile(const json::Value& schema, const Options& options) {
  auto graph = std::make_shared<Graph>();
  AIOP_CHECK_OK(Compiler(*graph, options).Compile(schema));
  return Schema(std::move(graph));
}

std::vector<Violation> Schema::Validate(const json::Value& value) const {
  std::vector<Violation> violations;
  Run run;
  run.sink = &violations;
  Evaluate(run, *graph_->root, value, nullptr, nullptr, nullptr);
  if (run.abort) violations.push_back(*std::move(run.abort));
  return violations;
}

}  // namespace aiop::schema
