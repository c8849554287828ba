#!/usr/bin/env bash
# Runs promtool on a daemon's /metrics and on the alert rules. Needs `npm run build` and promtool.
set -euo pipefail
cd "$(dirname "$0")/../../.."
scratch=$(mktemp -d)
chmod 711 "$scratch"
port=$((20000 + RANDOM % 20000))
cat >"$scratch/tikmeter.yaml" <<YAML
database: { directory: $scratch/postgres }
journal: { directory: $scratch/journal }
server: { port: $port }
auth: { secret: a secret of thirty-two bytes or more }
tenants: [{ id: acme, routers: [{ id: hq, host: 127.0.0.1, port: 1, username: usage, password: none }] }]
YAML
chmod 640 "$scratch/tikmeter.yaml"
node dist/cli.js run --config "$scratch/tikmeter.yaml" >"$scratch/log" 2>&1 &
daemon=$!
finish() {
  kill "$daemon" 2>/dev/null && wait "$daemon" || true
  rm -rf "$(readlink -f "$scratch/postgres")" "$scratch"
}
trap finish EXIT

# Waits for a failed poll, so that each kind of series exists.
for _ in $(seq 1 300); do
  curl -sf "http://127.0.0.1:$port/metrics" >"$scratch/metrics" && grep -q '^tikmeter_poll_failures_total{' "$scratch/metrics" && break
  kill -0 "$daemon" || { cat "$scratch/log"; exit 1; }
  sleep 0.2
done
grep -q '^tikmeter_poll_failures_total{kind="unreachable"}' "$scratch/metrics" || { cat "$scratch/metrics"; exit 1; }

said=$(promtool check metrics <"$scratch/metrics" 2>&1) || { echo "$said"; exit 1; }
[ -z "$said" ] || { echo "$said"; exit 1; }
echo "promtool check metrics: $(grep -c '^# TYPE' "$scratch/metrics") metrics, nothing to say"
promtool check rules config/tikmeter.rules.yaml
promtool test rules test/tools/service/rules.test.yaml
