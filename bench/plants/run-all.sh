#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Every document the demo's packages bring, as an app in both styles, under supervision:  AIOP=... run-all.sh HOME_DIR
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${AIOP:?set AIOP to the aiop program}"
home=$(cd "${1:?usage: run-all.sh HOME_DIR}" && pwd)
example=$here/../../examples/openapi-client
work=$home/demo/openapi-client
export npm_config_cache=$home/demo/npm-cache

bash "$example/fetch-apps.sh" "$work/apps"
bash "$example/make-motor.sh" "$work/motor"
"$AIOP" --home "$home" plant add openapi-client --motor "$work/motor" >&2
node "$example/documents.mjs" --apps "$work/apps" |
  node -e 'for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const { id, spec } = JSON.parse(line); console.log(`doc-${id.replace(/[^A-Za-z0-9-]+/g, "-")}\t${spec}`); }' |
  while IFS=$'\t' read -r name spec; do
    "$AIOP" --home "$home" app add "$name" --plant openapi-client --spec "$spec" --profile plain --profile strict </dev/null >&2
  done
code=0
"$AIOP" --home "$home" --json run --plant openapi-client --jobs "${JOBS:-2}" >"$work/run.ndjson" || code=$?
case $code in 0 | 1 | 3) ;; *) echo "aiop run ended with $code" >&2; exit "$code" ;; esac
