#!/usr/bin/env bash
# Fetches the API documents as the lock file pins them, once:  fetch-apps.sh DIR
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
to=${1:?usage: fetch-apps.sh DIR}
cmp -s "$here/apps/package-lock.json" "$to/.done" && exit
mkdir -p "$to"
cp "$here"/apps/package*.json "$to/"
(cd "$to" && npm ci --ignore-scripts --prefer-offline --no-audit --no-fund --loglevel=error >&2)
cp "$here/apps/package-lock.json" "$to/.done"
