#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# run.sh FUZZER SEEDS FOUND: one fuzzer over its seeds, for $AIOP_FUZZ_SECONDS or else a short fixed number of runs.
# New inputs go to the folder FOUND; one that breaks something is printed and kept there.
set -euo pipefail

fuzzer=$1 seeds=$2 found=$3
mkdir -p "$found"
limit=(-runs=20000 -seed=1)
if [ -n "${AIOP_FUZZ_SECONDS:-}" ]; then limit=("-max_total_time=$AIOP_FUZZ_SECONDS"); fi
exec "$fuzzer" "${limit[@]}" -max_len=8192 -timeout=60 -rss_limit_mb=3072 -print_final_stats=1 \
  "-artifact_prefix=$found/broken-" "$found" "$seeds"
