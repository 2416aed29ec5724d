#!/usr/bin/env bash
# Proves a package in a Debian root that has nothing else: what README.md says is done there, command by command.
#
#   fresh_root.sh DEB [ROOT]     ROOT: a Debian root to use instead of a new one; it is changed
#
# Installed; a paper task to its end and its report in less than a minute; manuals and completions in their places; upgraded to a later version while a task is
# under way, whose books the new version goes on with; removed, and purged but for the books. Takes root; mmdebstrap makes the root.
set -euo pipefail

deb=$(readlink -f "$1")
work=$(mktemp -d "${TMPDIR:-/tmp}/dn-root.XXXXXX")
root=${2-$work/root}
cleanup() {
  mountpoint -q "$root/proc" && umount "$root/proc"
  rm -rf "$work"
}
trap cleanup EXIT

say() { echo "== $*" >&2; }
in_root() { chroot "$root" /usr/bin/env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
fail() {
  echo "fresh_root.sh: $*" >&2
  exit 1
}

if (($# < 2)); then
  say "a fresh root"
  mmdebstrap --quiet --variant=minbase bookworm "$root" >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "mmdebstrap failed"; }
fi
mkdir -p "$root/proc"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
cp /etc/resolv.conf "$root/etc/resolv.conf"

# later: the same package under a later version, as an upgrade would bring it.
later() {
  dpkg-deb -R "$deb" "$work/later"
  sed -i 's/^Version: .*/&.later/' "$work/later/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$work/later" "$root/tmp/later.deb" >/dev/null
}

cp "$deb" "$root/tmp/dn.deb"
say "install"
in_root apt-get -q -y update >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "apt-get update failed"; }
in_root apt-get -q -y --no-install-recommends install /tmp/dn.deb >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the package does not install"; }
[[ $(in_root stat -c '%U %a' /var/lib/dn) == "dn 700" ]] || fail "/var/lib/dn is not the user dn's alone"

say "a paper task, to its end"
SECONDS=0
in_root dn-run /usr/share/doc/dn/examples/btc.toml --quiet || fail "dn-run ended with $?"
in_root dn-status || fail "dn-status ended with $?"
in_root dn-status --check >/dev/null || fail "dn-status --check ended with $?"
in_root dn-status report -o /root/btc.html || fail "the report ended with $?"
grep -q "The books keep every promise" "$root/root/btc.html" || fail "the report does not say that the books are sound"
echo "   $SECONDS s" >&2
((SECONDS < 60)) || fail "from the package to the report took a minute or more"

say "a task of the user dn, upgraded in the middle"
in_root install -m 0644 /usr/share/doc/dn/examples/dn.toml /etc/dn/dn.toml
as_dn() { in_root setpriv --reuid=dn --regid=dn --clear-groups env HOME=/var/lib/dn "$@"; }
as_dn dn-run /usr/share/doc/dn/examples/eth-spot-futures.toml --max-cycles 20 --speed max || [[ $? == 10 ]] || fail "the first part did not end with 10"
later
as_dn dn-run /usr/share/doc/dn/examples/usdc-market-making.toml --quiet >/dev/null 2>&1 &
running=$!
until as_dn dn-status --json 2>/dev/null | grep -q usdc-market-making; do kill -0 "$running" || fail "the task to upgrade under ended early"; done
in_root dpkg -i /tmp/later.deb >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "the upgrade failed"; }
kill -0 "$running" || fail "the upgrade ended a run that was under way"
as_dn dn-run --task eth-spot-futures --speed max --quiet || fail "the new version did not go on with the books"
as_dn dn-run cancel usdc-market-making || fail "the run of before the upgrade could not be told to end"
wait "$running" || fail "the run of before the upgrade ended with $?"
as_dn dn-status
as_dn dn-recover verify || fail "the books break a promise"

say "remove and purge"
in_root apt-get -q -y remove dn >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "removal failed"; }
[[ -z $(in_root sh -c 'ls /usr/bin/dn-* /usr/share/man/man1/dn-* 2>/dev/null') ]] || fail "removal left files"
[[ -f $root/etc/logrotate.d/dn ]] || fail "removal took a configuration file"
in_root apt-get -q -y purge dn >"$work/log" 2>&1 || { cat "$work/log" >&2; fail "purge failed"; }
[[ ! -e $root/etc/logrotate.d/dn && ! -e $root/var/log/dn ]] || fail "purge left configuration or logs"
[[ -f $root/var/lib/dn/dn.db ]] || fail "purge threw the books away"
grep -q "are kept" "$work/log" || fail "purge does not say that the books are kept"
say "fine"
