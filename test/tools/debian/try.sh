#!/usr/bin/env bash
# Installs, runs, removes and purges a Debian package in a copy of a bare Debian, as root:
#   test/tools/debian/try.sh PACKAGE.deb DEBIAN      a folder made by test/tools/debian/root.sh
set -euo pipefail
package=$(readlink -f "$1")
debian=$(readlink -f "$2")
cd "$(dirname "$0")/../../.."
scratch=$(mktemp -d)
root=$scratch/root
routers=
finish() {
  [ -z "$routers" ] || kill "$routers" 2>/dev/null || true
  for mounted in proc dev; do mountpoint -q "$root/$mounted" && umount -l "$root/$mounted"; done
  rm -rf --one-file-system "$scratch"
}
trap finish EXIT

say() { printf '\n$ %s\n' "$*"; }
inside() { say "$*"; chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"; }
# As the unit starts it, which has the variables from tikmeter.env, too.
daemon() { exec chroot --userspec=tikmeter:tikmeter "$root" env -i -C /var/lib/tikmeter PATH=/usr/bin:/bin "$@"; }
fail() { echo "FAILED: $*"; exit 1; }

mkdir "$root"
cp -a "$debian/." "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --make-rslave "$root/dev"
cp "$package" "$root/tikmeter.deb"

inside dpkg --install /tikmeter.deb
inside tikmeter --version
inside tikmeter check
[ "$(stat -c '%a %U %G' "$root/etc/tikmeter/tikmeter.env")" = '640 root UNKNOWN' ] ||
  [ "$(stat -c '%a %u' "$root/etc/tikmeter/tikmeter.env")" = '640 0' ] || fail 'secrets are open to others'

HOST=127.0.0.1 node_modules/.bin/tsx test/tools/fleet/serve.ts >"$scratch/routers" &
routers=$!
echo 'ROUTER_PASSWORD=secret' >>"$root/etc/tikmeter/tikmeter.env"
sed -i '/^tenants:/,$d; s/port: 8090/port: 0/' "$root/etc/tikmeter/tikmeter.yaml"
cat >>"$root/etc/tikmeter/tikmeter.yaml" <<'YAML'
commit: { interval: 2s }
tenants:
  - id: acme
    routers:
      - { id: hq, host: 127.0.0.1, port: 8728, username: usage, password: "${ROUTER_PASSWORD}" }
      - { id: north, host: 127.0.0.1, port: 8729, username: usage, password: "${ROUTER_PASSWORD}" }
YAML
for _ in $(seq 1 100); do [ "$(wc -l <"$scratch/routers")" = 2 ] && break; sleep 0.2; done
inside tikmeter check
inside tikmeter probe

say 'tikmeter run &'
daemon tikmeter run >"$scratch/log" 2>&1 &
pid=$!
for _ in $(seq 1 600); do
  grep -q 'tikmeter is running' "$scratch/log" && break
  kill -0 "$pid" 2>/dev/null || { cat "$scratch/log"; fail 'it did not start'; }
  sleep 0.2
done
# Its socket is where the unit keeps the journal.
inside tikmeter health --ready
sleep 6
inside tikmeter status
inside tikmeter usage --by router | tee "$scratch/usage"
grep -q 'acme.*north' "$scratch/usage" || fail 'nothing was counted'
say "kill $pid"
kill "$pid"
wait "$pid" || { cat "$scratch/log"; fail "it ended with $?"; }

# Removed, the config, the secrets and the usage stay; purged, the usage does, because nobody can count it again.
inside dpkg --install /tikmeter.deb
inside dpkg --remove tikmeter
[ -e "$root/etc/tikmeter/tikmeter.yaml" ] && [ -e "$root/etc/tikmeter/tikmeter.env" ] || fail 'the config is gone'
[ ! -e "$root/usr/lib/tikmeter" ] || fail 'files are left in /usr/lib/tikmeter'
inside dpkg --purge tikmeter
[ ! -e "$root/etc/tikmeter" ] || fail 'files are left in /etc/tikmeter'
[ -e "$root/var/lib/tikmeter/postgres" ] || fail 'the usage is gone'
