#!/bin/sh
# A sentinel of the chart. Settings are those of now; what it learnt before it was stopped is kept.
#   QUORUM  how many sentinels must agree that the primary is gone
set -eu
# shellcheck source=deploy/chart/files/redis/primary.sh
. /etc/redis/primary.sh
find_primary
mkdir -p "${SENTINEL_FILE%/*}"
LEARNT=$(grep -E '^sentinel (myid|config-epoch|leader-epoch|current-epoch|known-replica|known-sentinel) ' "$SENTINEL_FILE" 2>/dev/null || true)
umask 077
{
  printf 'port 26379\ndir %s\nrequirepass %s\nsentinel sentinel-pass %s\n' "${SENTINEL_FILE%/*}" "$PASSWORD" "$PASSWORD"
  printf 'sentinel resolve-hostnames yes\nsentinel announce-hostnames yes\nsentinel announce-ip %s\n' "$OWN"
  printf 'sentinel monitor trader %s 6379 %s\n' "${PRIMARY:-$(address_of 0)}" "$QUORUM"
  printf 'sentinel auth-pass trader %s\nsentinel down-after-milliseconds trader 5000\n' "$PASSWORD"
  printf 'sentinel failover-timeout trader 30000\nsentinel parallel-syncs trader 1\n%s\n' "$LEARNT"
} >"$SENTINEL_FILE.new"
mv "$SENTINEL_FILE.new" "$SENTINEL_FILE"
exec redis-server "$SENTINEL_FILE" --sentinel
