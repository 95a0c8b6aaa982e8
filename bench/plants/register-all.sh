#!/usr/bin/env bash
# Registers every document the demo's packages bring as an app, in both styles:  register-all.sh HOME_DIR
# Needs a home in which the demo has run (it brings the plant and the documents).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${AIOP:?set AIOP to the aiop program}"
home=$(cd "${1:?usage: register-all.sh HOME_DIR}" && pwd)
node "$here/../../examples/openapi-client/documents.mjs" --apps "$home/demo/openapi-client/apps" |
  node -e 'for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
    const { id, spec } = JSON.parse(line); console.log(`doc-${id.replace(/[^A-Za-z0-9-]+/g, "-")}\t${spec}`); }' |
  while IFS=$'\t' read -r name spec; do
    "$AIOP" --home "$home" app add "$name" --plant openapi-client --spec "$spec" --profile plain --profile strict </dev/null
  done
