#!/usr/bin/env bash
# The simulator's own test: every planted bug must be caught, and the same build without a bug must be clean.
#   planted.sh DN-SIM-PLANTED LIVES
set -euo pipefail

sim=$1
lives=$2
bugs=19

"$sim" --first-seed 1 --count "$lives" --jobs 1 || {
  echo "the build breaks a promise without any bug planted" >&2
  exit 1
}
missed=0
for ((bug = 1; bug <= bugs; ++bug)); do
  if out=$("$sim" --first-seed 1 --count "$lives" --jobs 1 --bug "$bug"); then
    echo "bug $bug was not caught in $lives lives" >&2
    missed=$((missed + 1))
  else
    echo "bug $bug: $(grep BROKEN <<<"$out")"
  fi
done
((missed == 0))
