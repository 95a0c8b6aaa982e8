#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Fetches what the streams are made of from npm, every direct package in one version, into a cache; what is there already
# is not fetched again:   fetch.sh CACHE [PLANT...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${1:?usage: fetch.sh CACHE [PLANT...]}
shift
[[ $# != 0 ]] || set -- openapi jsonschema
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
for plant in "$@"; do
  node "$here/packages.mjs" "$plant" | node -e '
    const fs = require("fs"), path = require("path"), [, cache, plant] = process.argv;
    for (const [folder, wanted] of Object.entries(JSON.parse(fs.readFileSync(0, "utf8")))) {
      // Plants share the generators folder: each adds its own.
      const file = path.join(cache, folder, "package.json");
      const had = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")).dependencies : {};
      const text = JSON.stringify({ private: true, dependencies: { ...had, ...wanted } }, null, 1);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      if (!fs.existsSync(file) || fs.readFileSync(file, "utf8") !== text) fs.writeFileSync(file, text);
      console.log(folder);
    }' "$cache" "$plant" | while read -r folder; do
    cmp -s "$cache/$folder/package.json" "$cache/$folder/.done" && continue
    (cd "$cache/$folder" && npm install --ignore-scripts --legacy-peer-deps --prefer-offline --no-audit --no-fund --loglevel=error >&2)
    cp "$cache/$folder/package.json" "$cache/$folder/.done"
  done
done
