#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Measures what CONTRIBUTING says about build times, without ccache, in a folder of its own: prints rows for its table.
# Usage: tools/measure_build.sh [FILE...]     each FILE of src/ is touched alone and the build repeated (default: one
# .cc and one public header per floor, the largest of each)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CCACHE_DISABLE=1
folder=build/measure
trap 'rm -rf "$folder"' EXIT

largest() { find "src/$1" -name "$2" ! -name '*_test.cc' ! -name '*_main.cc' -printf '%s %p\n' 2>/dev/null | sort -rn | sed -n '1s/^[0-9]* //p'; }
files=("$@")
if [[ $# == 0 ]]; then
  for floor in base core control app; do
    mapfile -t -O "${#files[@]}" files < <(largest "$floor" '*.cc' && largest "$floor" '*.h')
  done
fi

row() {  # WHAT COMMAND...
  local start=$EPOCHREALTIME
  "${@:2}" >"$folder.log" 2>&1 || { tail -n 20 "$folder.log" >&2; exit 1; }
  awk -v what="$1" -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "| %s | %.1f s |\n", what, b - a }'
}

echo "Measured $(date -u +%F) on $(nproc) cores with \`tools/measure_build.sh\`, ccache off:"
echo
echo '| what | time |'
echo '|---|---|'
rm -rf "$folder"
cmake --preset release -B "$folder" >/dev/null
row 'clean build of the binary (`./do build`)' ninja -C "$folder" aiop
rm -rf "$folder"
cmake --preset dev -B "$folder" >/dev/null
row 'clean build of everything, tests included (`./do test`)' ninja -C "$folder"
for file in "${files[@]}"; do
  touch -c "$file"
  row "then \`$file\` changed, everything" ninja -C "$folder"
done
