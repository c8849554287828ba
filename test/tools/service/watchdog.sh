#!/usr/bin/env bash
# The watchdog ends a daemon whose polls are blocked: see watchdog.py. Needs `npm run build`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
scratch=$(mktemp -d)
chmod 711 "$scratch"
trap 'rm -rf "$(readlink -f "$scratch/postgres")" "$scratch"' EXIT
mkfifo "$scratch/stdin" "$scratch/served"

npx tsx test/tools/interop/serve-fleet.ts <"$scratch/stdin" >"$scratch/served" &
# The routers run until this end is closed, at the latest with the shell.
exec 3>"$scratch/stdin"
status=0
"${PYTHON:-/usr/bin/python3}" test/tools/service/watchdog.py "$scratch/tikmeter.yaml" <"$scratch/served" 3>&- || status=$?
[ "$status" -eq 0 ] || cat "$scratch/log"
exec 3>&-
wait
exit "$status"
