#!/usr/bin/env bash
# The daemon under PM2, as ecosystem.config.cjs has it: start, reload, stop. Needs `npm run build`.
set -euo pipefail
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
chmod 711 "$scratch"
export PM2_HOME="$scratch/pm2"
export TIKMETER_CONFIG="$scratch/tikmeter.yaml"
port=$((20000 + RANDOM % 20000))

cat >"$TIKMETER_CONFIG" <<YAML
database: { directory: $scratch/postgres }
journal: { directory: $scratch/journal }
server: { port: $port }
auth: { secret: a secret of thirty-two bytes or more }
tenants: [{ id: acme, routers: [{ id: hq, host: 127.0.0.1, port: 1, username: usage, password: none }] }]
YAML

pm2() { npx --yes pm2@7.0.4 "$@"; }
finish() {
  pm2 kill >/dev/null 2>&1 || true
  rm -rf "$(readlink -f "$scratch/postgres")" "$scratch"
}
trap finish EXIT

pid_of_daemon() { pm2 pid tikmeter; }
ready() { node -e "fetch('http://127.0.0.1:$port/readyz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"; }

pm2 start ecosystem.config.cjs --wait-ready
ready || { echo 'not ready after the start'; cat "$PM2_HOME"/logs/*; exit 1; }
first=$(pid_of_daemon)
pm2 reload ecosystem.config.cjs
ready || { echo 'not ready after the reload'; cat "$PM2_HOME"/logs/*; exit 1; }
second=$(pid_of_daemon)
[ "$first" != "$second" ] || { echo 'the reload started nothing'; exit 1; }
pm2 stop tikmeter
! ready || { echo 'still there after the stop'; exit 1; }
! [ -e "$(readlink -f "$scratch/postgres")/data/postmaster.pid" ] || { echo 'PostgreSQL was left running'; exit 1; }
echo "started as $first, reloaded as $second, stopped with its PostgreSQL"
