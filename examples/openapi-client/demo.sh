#!/usr/bin/env bash
# The demo: real API documents, one app factory on a real generator, natural failures of every kind.
#   AIOP=build/aiop examples/openapi-client/demo.sh HOME_DIR
# Started again, also after a kill at any moment, it goes on where it was. The second time it needs no network.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${AIOP:?set AIOP to the aiop program}"
home=${1:-${DEMO_HOME:?usage: demo.sh HOME_DIR}}
mkdir -p "$home/demo/openapi-client"
home=$(cd "$home" && pwd)
work=$home/demo/openapi-client
export AIOP_HOME=$home npm_config_cache=$home/demo/npm-cache npm_config_update_notifier=false
plant=openapi-client

say() { printf '\n\033[1m== %s\033[0m\n' "$*" >&2; }
run_aiop() { "$AIOP" --home "$home" "$@"; }

say "1/5  fetching the API documents (npm, pinned by a lock file)"
bash "$here/fetch-apps.sh" "$work/apps"

say "2/5  the motor: a git repository with two versions"
bash "$here/make-motor.sh" "$work/motor"
git -C "$work/motor" log --oneline --decorate --no-color | sed 's/^/     /' >&2

say "3/5  registering plant and apps"
names() { # what is registered already, a name a line
  run_aiop --json "$1" ls 2>/dev/null | node -e '
    const { items = [] } = JSON.parse(require("fs").readFileSync(0, "utf8") || "{}");
    for (const item of items) console.log(item.name ?? item.id)'
}
grep -qx "$plant" <<<"$(names plant)" || run_aiop plant add $plant --motor "$work/motor" >&2
known=$(names app)
apps=()
while IFS=$'\t' read -r name file profiles; do
  apps+=(--app "$name")
  grep -qx -- "$name" <<<"$known" && continue
  args=()
  for profile in $profiles; do args+=(--profile "$profile"); done
  run_aiop app add "$name" --plant $plant --spec "$work/apps/node_modules/$file" "${args[@]}" >&2
done < <(node -e '
  for (const a of JSON.parse(require("fs").readFileSync(process.argv[1])).apps)
    console.log([a.name, `${a.package}/${a.file}`, (a.profiles ?? ["plain"]).join(" ")].join("\t"))' "$here/apps.json")

say "4/5  aiop run: $((${#apps[@]} / 2)) apps, two runs at a time"
code=0
run_aiop --json run --plant $plant "${apps[@]}" --jobs "${JOBS:-2}" >"$work/run.ndjson" || code=$?
case $code in 0 | 1 | 3) ;; *) echo "aiop run ended with $code" >&2; exit "$code" ;; esac

say "5/5  what happened"
list() { run_aiop --json "$@" 2>/dev/null || true; }
list incidents >"$work/incidents.json"
list decisions >"$work/decisions.json"
list change ls >"$work/changes.json"
list motor versions $plant >"$work/versions.json"
list motor changelog $plant >"$work/changelog.json"
list runs >"$work/runs.json"
node "$here/picture.mjs" "$work" "$here/apps.json"

if command -v python3 >/dev/null; then
  say "and a small one: healed by a pending branch (its fault is PLANTED)"
  bash "$here/../json-report/demo.sh" "$home"
fi

say "a tabletop exercise: a bad version is rolled back, in a home of its own"
run_aiop chaos run --drill rollback

say "the checklist, answered from what is stored"
run_aiop compliance || true
cat >&2 <<END

Look at it yourself:
  export AIOP_HOME=$home
  $AIOP runs;  $AIOP incidents;  $AIOP decisions;  $AIOP motor changelog $plant
  $AIOP decision show ID      what was known, what was tried, what was ruled out
END
