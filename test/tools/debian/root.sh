#!/bin/sh
# Makes a bare Debian 12 in a new folder, as root; needs debootstrap:
#   test/tools/debian/root.sh FOLDER [ARCHITECTURE]     another architecture's is unpacked, but not set up
set -eu
folder=$1
foreign=${2:+--foreign --arch=$2}
mirror=${DEBIAN_MIRROR:-http://deb.debian.org/debian}
for attempt in 1 2 3; do
  # shellcheck disable=SC2086
  if debootstrap --variant=minbase $foreign bookworm "$folder" "$mirror" >"$folder.log" 2>&1; then
    # As in the image `debian:bookworm-slim`.
    rm -rf "$folder.log" "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/* \
      "$folder"/usr/share/doc/* "$folder"/usr/share/locale/* "$folder"/usr/share/man/*
    du -sh "$folder"
    exit
  fi
  tail -n 5 "$folder.log"
  rm -rf "$folder"
  sleep $((attempt * 10))
done
exit 1
