#!/usr/bin/env bash
# systemd's exposure rating of the unit, from 0 to 10, must be below 2.5.
set -euo pipefail
unit=${1:-$(dirname "$0")/../../../config/tikmeter.service}
said=$(systemd-analyze security --offline=yes --no-pager "$unit")
tail -n 1 <<<"$said"
rating=$(sed -nE 's/.*exposure level for [^:]+: ([0-9]+\.[0-9]+).*/\1/p' <<<"$said")
awk -v rating="$rating" 'BEGIN { exit !(rating != "" && rating < 2.5) }' || { grep '✗' <<<"$said"; exit 1; }
