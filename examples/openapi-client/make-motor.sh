#!/usr/bin/env bash
# Builds the git repository of the motor:  make-motor.sh DIR
# Two versions: v0.9.0 on openapi-typescript 5, v1.0.0 on openapi-typescript 6. Same content, same ids, every time.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repo=${1:?usage: make-motor.sh DIR}
if git -C "$repo" rev-parse -q --verify refs/tags/v1.0.0 >/dev/null 2>&1; then exit 0; fi
rm -rf "$repo.new" "$repo"
mkdir -p "$repo.new"
cd "$repo.new"
git init -q -b main .
git config core.autocrlf false
export GIT_AUTHOR_NAME="Motor Team" GIT_AUTHOR_EMAIL=motor@example.org
export GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null

commit() { # version, date, message
  git add -A
  GIT_AUTHOR_DATE=$2 GIT_COMMITTER_DATE=$2 git commit -q -m "$3"
  GIT_COMMITTER_DATE=$2 git tag -a "v$1" -m "$1"
}

(cd "$here/motor" && tar c --exclude node_modules .) | tar x
cp "$here"/history/0.9.0/* .
commit 0.9.0 2023-01-09T09:00:00Z "openapi-client on openapi-typescript 5"
cp "$here"/motor/{motor.yaml,package.json,package-lock.json} .
commit 1.0.0 2023-02-06T09:00:00Z "move to openapi-typescript 6"
cd /
mv "$repo.new" "$repo"
