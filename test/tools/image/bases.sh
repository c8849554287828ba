#!/usr/bin/env bash
# Makes the images that the Dockerfile starts from, under their names, where no registry of images can be reached: each
# for amd64 and arm64, of two bare Debians, and a folder with npm and the binaries of Node.
#   test/tools/image/bases.sh DEBIAN DEBIAN_ARM64 NODE_MODULES BUILDAH…
set -euo pipefail
debian=$1 debian_arm64=$2 modules=$3
command=("${@:4}")
certificates=/etc/ssl/certs/ca-certificates.crt
buildah() { command "${command[@]}" "$@"; }
copy() { buildah copy --quiet "$@" >/dev/null; }
commit() { buildah commit --quiet --rm "$@" >/dev/null; }

# bases ARCHITECTURE DEBIAN CPU: as localhost/debian:ARCHITECTURE and localhost/node:ARCHITECTURE.
bases() {
  local c
  c=$(buildah from --arch "$1" scratch)
  buildah config --arch "$1" --os linux "$c"
  copy "$c" "$2" /
  commit "$c" "localhost/debian:$1"
  c=$(buildah from --arch "$1" --pull-never "localhost/debian:$1")
  copy "$c" "$modules/node-linux-$3/bin/node" /usr/local/bin/node
  if [ "$1" = amd64 ]; then compiling "$c"; fi
  commit "$c" "localhost/node:$1"
}

# compiling CONTAINER: adds what the stage needs that runs programs.
compiling() {
  copy "$1" "$modules/npm" /usr/local/lib/node_modules/npm
  buildah run --isolation chroot "$1" -- ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
  # The real one has this user.
  buildah run --isolation chroot "$1" -- useradd --create-home --uid 1000 node
  # Those of this machine, which may reach npm's registry through a proxy of its own.
  if [ -e "$certificates" ]; then
    copy "$1" "$certificates" "$certificates"
    buildah config --env "NODE_EXTRA_CA_CERTS=$certificates" "$1"
  fi
}

# named NAME KIND: one name for both architectures.
named() {
  buildah manifest create "$1" >/dev/null
  for architecture in amd64 arm64; do
    buildah manifest add --arch "$architecture" --os linux "$1" "containers-storage:localhost/$2:$architecture" >/dev/null
  done
}

bases amd64 "$debian" x64
bases arm64 "$debian_arm64" arm64
named docker.io/library/debian:bookworm-slim debian
named docker.io/library/node:24-bookworm-slim node
