// SPDX-License-Identifier: Apache-2.0
//
// The contract with a model that writes patches: a prompt with bounds, in which what others wrote
// is fenced as material, and an answer that is one unified diff with a stated reason, held to the
// limits of the motor. Nothing here reaches a model. Pure; thread-safe.
//
// An answer is exactly:
//
//   REASON: one sentence, why this change mends the failure
//   ```diff
//   --- a/layout.py
//   +++ b/layout.py
//   @@ -1,2 +1,2 @@
//   ...
//   ```
//
// Whatever else it holds is refused (kInvalid, naming the place), and what the limits forbid too
// (kForbidden, naming the limit).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result/result.h"

namespace aiop::proposal {

inline constexpr size_t kAnswerLimitBytes = size_t{1} << 20;
inline constexpr size_t kReasonLimitBytes = 1000;
inline constexpr size_t kPromptLimitBytes = size_t{256} << 10;
// Of one piece of material in a prompt.
inline constexpr size_t kMaterialLimitBytes = size_t{64} << 10;

// Files a patch of a model never touches, wherever they stand: they say what is installed and run.
bool IsManifestOrLock(std::string_view path);

struct Limits {
  std::vector<std::string> allow;    // globs, '*' also matches '/'; none: all that is not guarded
  std::vector<std::string> guarded;  // never: checks, and what `run` and `setup` start
  int64_t lines = 400;               // added and taken away, together
};

struct Proposal {
  std::string reason;
  std::string diff;
  std::vector<std::string> paths;  // that it touches, sorted
  int64_t lines = 0;               // added and taken away
};

// The proposal in an answer.
Result<Proposal> Read(std::string_view answer, const Limits& limits);

struct Material {
  std::string what;  // "incident", "file layout.py"
  std::string text;  // redacted already
};

// The prompt: the task and the limits, then each piece of material inside a fence that does not
// occur in it. Material that does not fit is cut, or left out from the end, and said to be.
// `nonce`: what makes the fences unguessable for whoever wrote the material.
std::string Prompt(const Limits& limits, const std::vector<Material>& materials,
                   std::string_view nonce);

}  // namespace aiop::proposal
