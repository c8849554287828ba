#!/bin/sh
# Tests the simulated routers with python3-librouteros (Debian: apt-get install python3-librouteros).
set -eu
cd "$(dirname "$0")/../../.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkfifo "$scratch/stdin" "$scratch/served"

npx tsx test/tools/interop/serve-fleet.ts <"$scratch/stdin" >"$scratch/served" &
# The routers run until this end is closed, at the latest with the shell.
exec 3>"$scratch/stdin"
status=0
"${PYTHON:-/usr/bin/python3}" test/tools/interop/librouteros.py <"$scratch/served" || status=$?
exec 3>&-
wait
exit "$status"
