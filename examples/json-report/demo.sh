#!/usr/bin/env bash
# The small demo: a motor fault that a pending branch repairs. A few seconds, no network.
#   AIOP=build/aiop examples/json-report/demo.sh HOME_DIR
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${AIOP:?set AIOP to the aiop program}"
mkdir -p "${1:?usage: demo.sh HOME_DIR}/demo/json-report"
home=$(cd "$1" && pwd)
work=$home/demo/json-report
run_aiop() { "$AIOP" --home "$home" "$@"; }
has() {
  run_aiop --json "$1" ls 2>/dev/null | python3 -c '
import json, sys
items = json.loads(sys.stdin.read() or "{}").get("items", [])
sys.exit(0 if any(i.get("name", i.get("id")) == sys.argv[1] for i in items) else 1)' "$2"
}
echo "PLANTED in this example: v1.0.0 rounds each share by itself (traffic and energy trip over it), the pending branch" >&2
echo "PLANTED fix/shares-add-up repairs that; and the app survey has a count that is no number." >&2
bash "$here/make-motor.sh" "$work/motor"
has plant json-report || run_aiop plant add json-report --motor "$work/motor" >&2
apps=()
for spec in "$here"/apps/*.json; do
  name=report-$(basename "$spec" .json)
  apps+=(--app "$name")
  has app "$name" || run_aiop app add "$name" --plant json-report --spec "$spec" >&2
done
code=0
run_aiop --json run --plant json-report "${apps[@]}" --jobs "${JOBS:-2}" >"$work/run.ndjson" || code=$?
case $code in 0 | 1 | 3) ;; *) echo "aiop run ended with $code" >&2; exit "$code" ;; esac
python3 - "$work/run.ndjson" <<'PY'
import json, sys
last = [json.loads(line) for line in open(sys.argv[1]) if line.strip()][-1].get("summary", {})
for run in last.get("runs", []):
    print(f"  {run.get('app', ''):18} {run.get('status', ''):8} motor {run.get('motor', ''):24} steps {run.get('steps_done')}, redone {run.get('steps_redone')}")
for d in last.get("decisions", []):
    print(f"  decided: {d.get('category')} for {', '.join(d.get('apps', []))} (confidence {d.get('confidence')})")
for c in last.get("changes", []):
    print(f"  changed: {c.get('status')} {c.get('version')}")
PY
echo "  (the fault, its repair and the bad count were PLANTED, see above)"
