#!/usr/bin/env bash
# A dead man's switch for venues that have none: cancels what a task has resting when its run has not shown for a while that it is alive.
# For cron, or a timer beside the run, on the same machine; dn-* have to be on the PATH. A machine that dies as a whole cannot cancel: for that
# `dn-recover --from-venue FILE --apply` on another one cancels what rests.
#
#   deadman.sh [--after 30] STATE_DIR TASK [FLAG ...]
#
#   --after    seconds of silence; a run renews the time of STATE_DIR/locks/TASK.lock every second
#   FLAG       for dn-recover: --mode live, --config FILE, --credentials FILE, ...
#
# A run that is alive is left alone. One that is frozen is killed, since it holds the task and would wake up with orders that are gone; then,
# and where a killed run left orders, dn-recover --apply cancels and proves them. Exit codes: those of dn-recover, or of dn-status where the task's
# orders cannot be read or nobody knows the task; 0 when there was nothing to do, 64 for a wrong command line.
set -u

after=30
if [[ ${1-} == --after ]]; then
  after=${2-}
  shift $(($# < 2 ? $# : 2))
fi
if (($# < 2)) || [[ ! $after =~ ^[0-9]+$ ]]; then
  sed -n '6s/^# */usage: /p' "$0" >&2
  exit 64
fi
state=$1
task=$2
shift 2
lock=$state/locks/$task.lock

if [[ ! -e $lock ]]; then
  # Never run here; or another directory or task was meant, which must not pass for quiet.
  dn-status show "$task" "$@" --db "$state/dn.db" >/dev/null
  exit
fi
age=$(($(date +%s) - $(stat -c %Y "$lock")))
((age >= after)) || exit 0

read -r pid _ <"$lock" || pid=
if [[ $pid =~ ^[0-9]+$ ]] && find "/proc/$pid/fd" -lname "$(readlink -f "$lock")" 2>/dev/null | grep -q .; then
  echo "deadman.sh: the run of $task, process $pid, is silent for $age s: killed" >&2
  kill -KILL "$pid"
  while [[ -e /proc/$pid/fd/0 || -e /proc/$pid/fd/1 ]]; do sleep 0.1; done
fi

# A run that ended as it should leaves nothing open, and asks for nothing.
rows=$(dn-status orders "$task" --open --csv "$@" --db "$state/dn.db") || exit
[[ $rows == *$'\n'* ]] || exit 0  # the line of names alone
echo "deadman.sh: $task has orders that are not closed and no run: dn-recover --apply" >&2
exec dn-recover --task "$task" --apply "$@" --db "$state/dn.db"
