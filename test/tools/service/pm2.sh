#!/usr/bin/env bash
# The daemon under PM2 with ecosystem.config.cjs, under traffic: start, ten reloads, stop; in a separate folder, as
# after a global install. Needs `npm run build`.
set -euo pipefail
cd "$(dirname "$0")/../../.."
exec node --import tsx test/tools/service/pm2.ts
