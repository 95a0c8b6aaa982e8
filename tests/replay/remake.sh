#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plays all golden incidents and stores the histories of their decisions here, one file for each plant.
#   tests/replay/remake.sh [PROGRAM [JOBS]]       PROGRAM: aiop to play them with (default build/aiop)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
aiop=$(realpath "${1:-$root/build/aiop}")
jobs=${2:-2}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for plant in "$root"/tests/golden/*/plant.yaml; do
  folder=$(dirname "$plant")
  name=$(basename "$folder")
  # A figure that misses its bar is no reason to keep old histories; a corpus that cannot be played is one.
  "$aiop" --home "${AIOP_REMAKE_HOME:-$scratch}/home" --quiet --json golden run "$folder" --jobs "$jobs" \
    --history "$scratch/$name.jsonl" > "$scratch/report.json" || [ $? -eq 1 ]
  mv "$scratch/$name.jsonl" "$here/$name.jsonl"
  echo "$name: $(wc -l < "$here/$name.jsonl") decisions, $(wc -c < "$here/$name.jsonl") bytes"
done
