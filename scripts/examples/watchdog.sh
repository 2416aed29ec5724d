#!/usr/bin/env bash
# Runs a task, and puts right what went wrong with it: dn-run, and where its exit code asks for it dn-recover or
# dn-rebalance, and dn-run again. For cron, systemd, or by hand; dn-* have to be on the PATH.
#
#   watchdog.sh [--max-runtime 50s] [--max-notional 3000] [--repairs 10] [--pause 5] FILE [FLAG ...]
#
#   FILE            a task file with one task in it
#   --max-runtime   how long dn-run may work; without it, to the end of the task
#   --max-notional  the most that an order of dn-rebalance may be worth, in quote; without it nothing is rebalanced
#   --repairs       after so many repairs in a row it gives up, with the last exit code
#   --pause         seconds to wait when a venue does not answer, before the same is tried again
#   FLAG            for all the tools: --mode live, --config FILE, --db FILE, --credentials FILE, ...
#
# What it does with the exit code of a tool:
#   0           dn-run: the task is done, ends with 0. The others: dn-run goes on
#   20, 25      the sides are not equal: dn-rebalance
#   21          an order's fate is unknown: dn-recover --apply
#   70, 134-139 a tool failed or was killed: dn-recover --apply
#   69, 75      a venue does not answer, or something else that passes: the same again, after the pause
#   66          of dn-recover: the run was killed before it stored the task, so dn-run
# All others end it, and are its own exit codes:
#   10, 11, 12  time is up, another process holds the task, or it is paused or waits: nothing is wrong, run it again later
#   130, 143    a person or the system ended it
#   22, 23, 24  refused by a limit, halted, a venue contradicts the books: a person has to look (dn-status explain CODE)
#   64-78       a wrong command line, file, key or disk: a person has to mend it
set -u

repairs=10
pause=5
limit=()
rebalance=()
while [[ ${1-} == --* ]]; do
  if (($# < 2)); then
    echo "watchdog.sh: $1 needs a value" >&2
    exit 64
  fi
  case $1 in
    --max-runtime) limit=(--max-runtime "$2") ;;
    --max-notional) rebalance=(--yes --max-notional "$2") ;;
    --repairs) repairs=$2 ;;
    --pause) pause=$2 ;;
    *)
      echo "watchdog.sh: unknown flag $1; flags of the tools stand behind FILE" >&2
      exit 64
      ;;
  esac
  shift 2
done
if (($# == 0)); then
  sed -n '5s/^# */usage: /p' "$0" >&2
  exit 64
fi
file=$1
shift
if [[ ! -r $file ]]; then
  echo "watchdog.sh: $file cannot be read" >&2
  exit 66
fi
task=$(sed -n 's/^name *= *"\([^"]*\)".*/\1/p' "$file" | head -n 1)

# The tool saves at a signal and ends with 130 or 143; so wait for it, and end with the same code. Ctrl-C reaches both
# from the terminal, and a second SIGINT would end the tool at once; SIGTERM reaches this script alone and is handed on.
child=
trap '[[ -n $child ]] && kill -TERM "$child" 2>/dev/null' TERM
trap : INT

# run COMMAND...: its exit code, also when a signal interrupts the wait.
run() {
  "$@" &
  child=$!
  code=0
  wait "$child" || code=$?
  while kill -0 "$child" 2>/dev/null; do
    code=0
    wait "$child" || code=$?
  done
  child=
}

tool=dn-run
for ((tries = 0; tries <= repairs; tries++)); do
  case $tool in
    dn-run) run dn-run "$file" "${limit[@]}" "$@" ;;
    dn-recover) run dn-recover --task "$task" --apply "$@" ;;
    dn-rebalance) run dn-rebalance --task "$task" "${rebalance[@]}" "$@" ;;
  esac
  before=$tool
  case $code in
    0)
      [[ $tool == dn-run ]] && exit 0
      tool=dn-run
      ;;
    20 | 25)
      ((${#rebalance[@]} > 0)) || exit "$code"
      tool=dn-rebalance
      ;;
    21 | 70 | 13[4-9]) tool=dn-recover ;;
    66)
      [[ $tool == dn-recover ]] || exit 66
      tool=dn-run
      ;;
    69 | 75) sleep "$pause" ;;
    *) exit "$code" ;;
  esac
  echo "watchdog.sh: $before of $task ended with $code: $tool" >&2
done
echo "watchdog.sh: given up after $repairs repairs" >&2
exit "$code"
