#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The demo's apps under supervision, then the same apps by blind retry, and what each cost, side by side.
#   AIOP=build/aiop bench/demo_bench.sh [--all] [--attempts N]      or: ./do bench demo_bench [--all] [--attempts N]
# --all takes every document of the demo's packages in both styles (about half an hour) instead of the demo's apps.
# State is in $BENCH_HOME (default: build/bench-home); what was fetched from npm is kept there from one time to the next.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${AIOP:?set AIOP to the aiop program}"
home=${BENCH_HOME:-$here/../build/bench-home}
all='' attempts=3
while [[ $# != 0 ]]; do
  case $1 in
    --all) all=--all; shift ;;
    --attempts) attempts=${2:?--attempts takes a number}; shift 2 ;;
    *) sed -n '4,6s/^# *//p' "$0" >&2; exit 2 ;;
  esac
done
mkdir -p "$home"
home=$(cd "$home" && pwd)

# A home that knows nothing, beside the packages fetched before.
find "$home" -mindepth 1 -maxdepth 1 ! -name demo -exec chmod -R u+w {} + -exec rm -rf {} +
rm -rf "$home/demo/openapi-client/motor"
work=$home/demo/openapi-client

if [[ -z $all ]]; then
  AIOP=$AIOP "$here/../examples/openapi-client/demo.sh" "$home" >&2
else
  AIOP=$AIOP "$here/plants/run-all.sh" "$home" >&2
fi

# The motor as it was before anything was changed, as every blind retry meets it.
checkout=$home/blind-retry-motor
git clone --quiet --branch v1.0.0 "$work/motor" "$checkout" 2>/dev/null
(cd "$checkout" && npm_config_cache=$home/demo/npm-cache npm ci --prefer-offline --no-audit --no-fund --loglevel=error >&2)
node "$here/plants/blind-retry.mjs" "$checkout" "$work/apps" $all --attempts "$attempts" --json >"$work/blind-retry.json"
AIOP=$AIOP node "$here/plants/compare.mjs" "$home" "$work/blind-retry.json" "$attempts"
