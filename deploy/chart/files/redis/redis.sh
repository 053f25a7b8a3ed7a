#!/bin/sh
# A server of the chart: as replica of the primary; the first server is primary where nobody knows one yet.
set -eu
# shellcheck source=deploy/chart/files/redis/primary.sh
. /etc/redis/primary.sh
find_primary
# A primary that has lost its volume would have its replicas throw away theirs: first another one is promoted.
while is_own && [ "$HAD" -gt 0 ] && [ ! -d /data/appendonlydir ]; do
  echo 'this was the primary, and its data are gone: waiting until the sentinels promote a replica'
  sleep 2
  find_primary
done
PRIMARY=${PRIMARY:-$(address_of 0)}
umask 077
{
  cat /etc/redis/redis.conf
  printf 'requirepass %s\nmasterauth %s\nreplica-announce-ip %s\n' "$PASSWORD" "$PASSWORD" "$OWN"
  is_own || printf 'replicaof %s 6379\n' "$PRIMARY"
} >/run/redis/redis.conf
exec redis-server /run/redis/redis.conf
