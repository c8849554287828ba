#!/bin/sh
# The config and its variables are those of the service, unless the caller names others.
export TIKMETER_CONFIG="${TIKMETER_CONFIG:-/etc/tikmeter/tikmeter.yaml}"
home=/usr/lib/tikmeter
variables=/etc/tikmeter/tikmeter.env
if [ -r "$variables" ]; then
  exec "$home/node" --env-file="$variables" "$home/dist/cli.js" "$@"
fi
exec "$home/node" "$home/dist/cli.js" "$@"
