#!/usr/bin/env bash
# Runs a command and tells a health check how it ended (healthchecks.io, or any server that takes URL and URL/fail): a watcher for cron that also
# notices a machine that is off, since then no word comes.
#
#   ping.sh URL_FILE COMMAND [ARGUMENT ...]
#
#   URL_FILE   holds the address of the check and nothing else; 0600, since whoever knows it can speak for the check
#
# Codes of a task that is well (0, 10, 11, 12: done, time is up, another process holds it, paused or waiting) and 75 (run it again) are a
# success; the body is the code and what it means, never what the command said. Its exit code is the command's, whatever the check answers.
set -u

if (($# < 2)); then
  sed -n '5s/^# */usage: /p' "$0" >&2
  exit 64
fi
file=$1
shift
if [[ ! -r $file ]]; then
  echo "ping.sh: $file cannot be read" >&2
  exit 66
fi
if [[ $(stat -Lc %a "$file") != ?00 ]]; then
  echo "ping.sh: others can read $file; chmod 600 it" >&2
  exit 77
fi
read -r url <"$file"
if [[ ! $url =~ ^https://[^[:space:]\"\\]+$ && ! $url =~ ^http://(127\.0\.0\.1|\[::1\]|localhost)[:/][^[:space:]\"\\]*$ ]]; then
  echo "ping.sh: $file holds no https address" >&2
  exit 78
fi

"$@"
code=$?
end=/fail
case $code in 0 | 10 | 11 | 12 | 75) end= ;; esac
# The address goes in by standard input: other users of this machine see command lines.
if ! printf 'url = "%s%s"\n' "${url%/}" "$end" | curl --config - -fsS -o /dev/null -m 10 --retry 3 --proto '=http,https' \
  --data-raw "$(dn-status explain "$code" 2>/dev/null || echo "exit code $code")"; then
  echo "ping.sh: the check could not be told that the command ended with $code" >&2
fi
exit "$code"
