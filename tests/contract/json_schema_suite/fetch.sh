#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# fetch.sh FOLDER: unpacks the official JSON-Schema-Test-Suite into FOLDER, once. It comes from the Debian package that
# carries it for its own tests (no npm package has the 2020-12 tests); nothing is installed.
set -euo pipefail

package=libtest-json-schema-acceptance-perl
folder=$1
if [ -e "$folder/.complete" ]; then exit 0; fi
rm -rf "$folder" "$folder.part"
mkdir -p "$folder.part/download"
download() { (cd "$folder.part/download" && apt-get download "$package") > "$folder.part/log" 2>&1; }
update() {
  if [ "$(id -u)" = 0 ]; then apt-get -q update; else sudo -n apt-get -q update; fi
} > "$folder.part/update.log" 2>&1

# A machine whose package lists were cleaned away knows no package until they are fetched again.
download || { update && download; } || {
  cat "$folder.part/log" >&2
  echo "cannot download the Debian package $package; check the network, or run 'apt-get update' first" >&2
  exit 1
}
dpkg-deb -x "$folder.part/download"/*.deb "$folder.part/package"
tests=$(find "$folder.part/package" -type d -path '*/tests/draft2020-12' -printf '%h\n')
test -d "${tests%/tests}/remotes"
mv "${tests%/tests}" "$folder"
rm -rf "$folder.part"
touch "$folder/.complete"
