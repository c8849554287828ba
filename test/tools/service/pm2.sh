#!/usr/bin/env bash
# The daemon under PM2, as ecosystem.config.cjs has it, under traffic: start, ten reloads, stop; in a folder of its own,
# as after a global install. Needs `npm run build`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
exec node --import tsx test/tools/service/pm2.ts
