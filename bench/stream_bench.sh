#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Real plants as streams: natural failures of published generators on published documents, truth by intervention, and how
# good the decisions are beside trivial operators.
#   AIOP=build/aiop bench/stream_bench.sh [--quick] [--plant NAME] [--no-baselines]   or: ./do bench stream_bench [--quick]
# --quick takes every eighth of the documents that never fail. What was fetched and measured is kept in $STREAM_CACHE
# (default: build/streams); a second time only the stories are played again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${AIOP:?set AIOP to the aiop program}"
cache=${STREAM_CACHE:-$here/../build/streams}
calm=1 plants=() baselines=--baselines jobs=${JOBS:-2}
while [[ $# != 0 ]]; do
  case $1 in
    --quick) calm=8; shift ;;
    --plant) plants+=("${2:?--plant takes a name}"); shift 2 ;;
    --no-baselines) baselines=''; shift ;;
    *) sed -n '6,8s/^# *//p' "$0" >&2; exit 2 ;;
  esac
done
[[ ${#plants[@]} != 0 ]] || plants=(openapi jsonschema)
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

"$here/streams/fetch.sh" "$cache" "${plants[@]}"
missed=0
for plant in "${plants[@]}"; do
  node "$here/streams/matrix.mjs" "$plant" --cache "$cache" --jobs "$jobs"
  rm -rf "$cache/corpus-$plant"
  node "$here/streams/corpus.mjs" "$plant" --cache "$cache" --into "$cache/corpus-$plant" --calm "$calm"
  status=0
  "$AIOP" --home "$cache/home" --json golden run "$cache/corpus-$plant" $baselines --jobs "$jobs" --time-limit 7200 >"$cache/$plant.json" || status=$?
  # 1: a bar of the golden set is missed; the bars of the streams are judged below.
  [[ $status -le 1 ]] || exit "$status"
  node "$here/streams/figures.mjs" "$plant" "$cache/$plant.json" || missed=1
done
exit "$missed"
