// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "core/schema/graph.h"

namespace aiop::schema {
namespace {

// The path of up to two steps below `parent`, kept alive by this object.
class Below {
 public:
  Below(const Path* parent, std::initializer_list<Step> steps) : last_(parent) {
    size_t used = 0;
    for (const Step& step : steps) {
      paths_[used] = Path{last_, step};
      last_ = &paths_[used++];
    }
  }
  Below(const Below&) = delete;
  Below& operator=(const Below&) = delete;

  const Path* get() const { return last_; }

 private:
  std::array<Path, 2> paths_ = {Path{nullptr, ""}, Path{nullptr, ""}};
  const Path* last_;
};

// Violations go to `sink` until the end of the scope.
class Redirect {
 public:
  Redirect(Run& run, std::vector<Violation>* sink, size_t limit)
      : run_(run), sink_(run.sink), limit_(run.sink_limit) {
    run.sink = sink;
    run.sink_limit = limit;
  }
  ~Redirect() {
    run_.sink = sink_;
    run_.sink_limit = limit_;
  }
  Redirect(const Redirect&) = delete;
  Redirect& operator=(const Redirect&) = delete;

 private:
  Run& run_;
  std::vector<Violation>* sink_;
  size_t limit_;
};

// The path through the schema would be as long as the limit it has passed, so it is left out.
void Abort(Run& run, const Path* instance_path, std::string message) {
  if (!run.abort) {
    run.abort = Violation{PointerOf(instance_path), "", std::move(message)};
  }
}

// Reasons hold the reasons of what is below them, so each is kept short.
std::string Cut(std::string reason) {
  constexpr size_t kReasonLimitBytes = 160;
  if (reason.size() <= kReasonLimitBytes) return reason;
  return json::ToValidUtf8(reason.substr(0, kReasonLimitBytes)) + "...";
}

}  // namespace

std::string PointerOf(const Path* path) {
  std::vector<const Path*> steps;
  for (; path; path = path->parent) steps.push_back(path);
  std::string pointer;
  for (auto it = steps.rbegin(); it != steps.rend(); ++it) {
    const Step& step = (*it)->step;
    pointer = step.is_index ? json::Child(pointer, step.index) : json::Child(pointer, step.key);
  }
  return pointer;
}

void Evaluated::Mark(size_t position) {
  if (parts.size() <= position) parts.resize(position + 1);
  parts[position] = true;
}

void Evaluated::Merge(const Evaluated& other) {
  if (parts.size() < other.parts.size()) parts.resize(other.parts.size());
  for (size_t i = 0; i < other.parts.size(); ++i) {
    if (other.parts[i]) parts[i] = true;
  }
}

void Frame::Fail(std::string_view keyword, std::string message, std::vector<std::string> allowed) {
  valid = false;
  if (run.abort) return;  // what follows from an answer that is not known
  if (!run.sink || run.sink->size() >= run.sink_limit) return;
  std::string path = PointerOf(keyword_path);
  if (!keyword.empty()) path = json::Child(path, keyword);
  run.sink->push_back(
      {PointerOf(instance_path), std::move(path), std::move(message), std::move(allowed)});
}

bool Frame::Apply(const Node& schema, std::initializer_list<Step> keyword) {
  const Below path(keyword_path, keyword);
  // If it fails, what it saw counts all the same, or each of its members would be reported again as
  // unevaluated.
  const bool holds =
      Evaluate(run, schema, instance, instance_path, path.get(), &evaluated, Merging::kAlways);
  valid = valid && holds;
  return holds;
}

bool Frame::Holds(const Node& schema, std::initializer_list<Step> keyword, std::string* why) {
  std::vector<Violation> violations;
  const Redirect redirect(run, why ? &violations : nullptr, 1);
  const Below path(keyword_path, keyword);
  const bool holds = Evaluate(run, schema, instance, instance_path, path.get(), &evaluated);
  if (why && !violations.empty()) {
    const Violation& first = violations.front();
    const std::string here = PointerOf(instance_path);
    const std::string where =
        first.instance_path.substr(std::min(here.size(), first.instance_path.size()));
    *why = Cut(where.empty() ? first.message : "at " + where + " " + first.message);
  }
  return holds;
}

bool Frame::ApplyTo(const Node& schema, std::initializer_list<Step> keyword,
                    const json::Value& part, Step step) {
  const Below path(keyword_path, keyword);
  const Path part_path{instance_path, step};
  const bool holds = Evaluate(run, schema, part, &part_path, path.get(), nullptr);
  valid = valid && holds;
  return holds;
}

bool Frame::PartHolds(const Node& schema, std::initializer_list<Step> keyword,
                      const json::Value& part, Step step) {
  const Redirect redirect(run, nullptr, 0);
  const Below path(keyword_path, keyword);
  const Path part_path{instance_path, step};
  return Evaluate(run, schema, part, &part_path, path.get(), nullptr);
}

void Frame::Work() {
  if (node.always) {
    if (!*node.always) Fail("", "nothing is allowed here");
    return;
  }
  for (const Check& check : node.checks) {
    check(*this);
    if (run.abort) return;
  }
}

bool Evaluate(Run& run, const Node& node, const json::Value& instance, const Path* instance_path,
              const Path* keyword_path, Evaluated* evaluated, Merging merging) {
  if (run.abort) return false;
  if (run.depth >= kRecursionLimit) {
    Abort(run, instance_path,
          "the schema recurses deeper than " + std::to_string(kRecursionLimit) + " levels");
    return false;
  }
  if (++run.steps > kStepLimit) {
    Abort(run, instance_path,
          "the schema needs more than " + std::to_string(kStepLimit) + " steps for this value");
    return false;
  }
  ++run.depth;
  const bool enters = run.scopes.empty() || run.scopes.back() != node.resource;
  if (enters) run.scopes.push_back(node.resource);
  Frame frame(run, node, instance, instance_path, keyword_path);
  frame.Work();
  if (enters) run.scopes.pop_back();
  --run.depth;
  if (run.abort) return false;
  const bool merges = frame.valid || merging == Merging::kAlways;
  if (merges && evaluated) evaluated->Merge(frame.evaluated);
  return frame.valid;
}

}  // namespace aiop::schema
