#!/usr/bin/env bash
# Builds the git repository of the motor:  make-motor.sh DIR
# v1.0.0 has a PLANTED fault (shares are rounded one by one, so they need not add up); the branch fix/shares-add-up repairs it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=${1:?usage: make-motor.sh DIR}
if git -C "$repo" rev-parse -q --verify refs/heads/fix/shares-add-up >/dev/null 2>&1; then exit 0; fi
rm -rf "$repo.new" "$repo"
mkdir -p "$repo.new"
cd "$repo.new"
git init -q -b main .
export GIT_AUTHOR_NAME="Motor Team" GIT_AUTHOR_EMAIL=motor@example.org
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
export GIT_AUTHOR_DATE=2024-03-04T09:00:00Z GIT_COMMITTER_DATE=2024-03-04T09:00:00Z
(cd "$here/motor" && tar c --exclude __pycache__ .) | tar x
git add -A
git commit -q -m "json-report"
git tag -a v1.0.0 -m 1.0.0
git checkout -q -b fix/shares-add-up
cp -r "$here"/fix/. .
rm -rf __pycache__ tests/__pycache__
git add -A
git commit -q -m "shares: hand the rest to the largest remainders"
git checkout -q main
cd /
mv "$repo.new" "$repo"
