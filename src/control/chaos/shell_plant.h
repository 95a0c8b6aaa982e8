// SPDX-License-Identifier: Apache-2.0
// The plant of drills: a shell script, so that it runs wherever aiop does. Private to the module.
#pragma once

#include <string_view>

namespace aiop::chaos {

// Reads its request, then does the steps one, two and three; `act`, from act.sh beside it, is the
// drill's own part of each. Effects are done once per key, as a plant has to.
inline constexpr std::string_view kPlantScript = R"sh(
IFS= read -r request
field() { printf '%s\n' "$request" | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }
work=$(field workDir) trace=$(field traceId) purpose=$(field purpose) motor=$(field motorRef)
from=$(field checkpoint) spec=$(field appSpecRef)
app=$(sed -n 's/.*"app":"\([^"]*\)".*/\1/p' "$spec")
real() { [ "$purpose" = run ]; }
say() { printf '%s\n' "$1"; }
tell() { say "{\"event\":{\"scope\":\"motor\",\"signal_type\":\"error\",\"severity\":\"$1\",\"payload\":{\"details\":\"$2\"}}}"; }
end() { say "{\"result\":{\"traceId\":\"$trace\",\"status\":\"$1\",\"artifacts\":[],\"signals\":[]}}"; exit 0; }
fail() { tell error "$1"; end failed; }
once() { real && mkdir "$world/once-$1" 2>/dev/null; }
mark() { : > "$world/$1.new" && mv "$world/$1.new" "$world/$1"; }
await() { while [ ! -e "$world/$1" ]; do sleep 0.02; done; }
world='@WORLD@'
. "$motor/act.sh"
for step in one two three; do
  [ -n "$from" ] && { [ "$step" = "$from" ] && from=; continue; }
  real && echo "$trace $step" >> "$world/steps"
  act "$step"
  echo "$step" >> "$work/steps"
  if real && [ "$step" = three ]; then mkdir -p "$world/effects/$trace"; fi
  say "{\"checkpoint\":\"$step\"}"
done
end success
)sh";

inline constexpr std::string_view kManifest = R"yaml(name: @NAME@
version: @VERSION@
run: [/bin/sh, plant.sh]
validate: [[/bin/sh, validate.sh, "{spec}"]]
gates: {lint: [[/bin/sh, check.sh]]}
branches: ["fix/*"]
patch_sources: [branch]
)yaml";

inline constexpr std::string_view kCheck =
    "for each in plant.sh act.sh; do /bin/sh -n $each || exit 1; done\n";
inline constexpr std::string_view kValidator = "grep -q '\"app\":' \"$1\"\n";

}  // namespace aiop::chaos
