#!/bin/sh
# The service interface in POSIX sh: one JSON line in, JSON lines out; stderr is log. Steps: copy, upper, count.
# A spec with a line FAIL fails in the step upper.
set -u
IFS= read -r request || exit 2

# The value of a string field of the request. Good for what aiop sends here: paths and names.
field() { printf '%s\n' "$request" | sed -n 's/.*"'"$1"'" *: *"\(\([^"\\]\|\\.\)*\)".*/\1/p' | sed 's/\\\(["\\\/]\)/\1/g'; }
# A text as the inside of a JSON string.
quoted() { printf '%s' "$1" | sed 's/\\/\\\\/g; s/"/\\"/g'; }

spec=$(field appSpecRef) work=$(field workDir) trace=$(field traceId) mode=$(field runMode) last=$(field checkpoint)
[ -n "$spec" ] && [ -n "$work" ] || { echo "appSpecRef and workDir are needed" >&2; exit 2; }
[ -d "$spec" ] && spec=$spec/spec.txt

checkpoint() {
  printf '{"checkpoint": "%s"}\n' "$1"
  IFS= read -r answer || { echo "no acknowledgement of $1" >&2; exit 1; }
  case $answer in *"\"$1\""*) ;; *) echo "wanted the acknowledgement of $1, got $answer" >&2; exit 1 ;; esac
}
started() {
  echo "step $1: start" >&2
  [ -z "${AIOP_STEP_LOG:-}" ] || printf '%s %s %s\n' "$trace" "$1" "$(field purpose)" >>"$AIOP_STEP_LOG"
}
result() { printf '{"result": {"traceId": "%s", "status": "%s", "artifacts": [%s], "signals": []}}\n' "$(quoted "$trace")" "$1" "$2"; }

todo="copy upper count"
if [ "$mode" = resume ]; then
  case $last in
    copy) todo="upper count" ;;
    upper) todo="count" ;;
    count) todo="" ;;
    *) echo "unknown checkpoint $last" >&2; exit 1 ;;
  esac
fi
for step in $todo; do
  started "$step"
  case $step in
    copy) sed '' "$spec" >"$work/copy.txt" || exit 1 ;;
    upper)
      if [ -n "$(sed -n '/^FAIL$/p' "$work/copy.txt")" ]; then
        echo '{"event": {"scope": "app", "signal_type": "validation", "severity": "error", "payload": {"step": "upper", "details": "the spec has a line FAIL"}}}'
        result failed ''
        exit 0
      fi
      sed 'y/abcdefghijklmnopqrstuvwxyz/ABCDEFGHIJKLMNOPQRSTUVWXYZ/' "$work/copy.txt" >"$work/upper.txt" ;;
    count) sed -n '$=' "$work/upper.txt" >"$work/count.txt" ;;
  esac
  checkpoint "$step"
done
made='{"id": "upper.txt", "path": "upper.txt", "role": "text"}'
printf '{"artifact": %s}\n' "$made"
printf '{"usage": {"tokens": 0, "cost_usd": 0}}\n'
result success "$made"
