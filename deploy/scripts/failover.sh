#!/usr/bin/env bash
# The board with the state is gone: a person makes the Redis replica of the other board the primary.
# Nothing is promoted while the old primary answers, as two primaries would trade twice.
#   failover.sh --primary-url-file FILE --replica-url-file FILE [--ssh USER@HOST] [--yes] [--dry-run]
# With --ssh the secret redis-url of connector and facade there is replaced and faasd restarted; the
# functions get it by deploy-dual-device.sh. Exit code 0: the replica is primary (also if it was
# already); 1: refused or failed; 2: wrong options.
# shellcheck source=deploy/scripts/boards.sh
source "$(dirname "${BASH_SOURCE[0]}")/boards.sh"
PRIMARY='' REPLICA='' TARGET='' YES=no
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) DRY_RUN=yes && shift && continue ;;
    --yes) YES=yes && shift && continue ;;
    --primary-url-file) PRIMARY=$(value_of "$@") ;;
    --replica-url-file) REPLICA=$(value_of "$@") ;;
    --ssh) TARGET=$(value_of "$@") ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift 2
done
[ -r "$PRIMARY" ] || usage_error '--primary-url-file: cannot be read'
[ -r "$REPLICA" ] || usage_error '--replica-url-file: cannot be read'
require_program redis-cli

# The URL stays out of the process list of others: it has the password in it.
redis_at() {
  local url rest
  url=$(<"$1") && shift
  rest=${url#redis://}
  local auth='' address=$rest
  if [[ $rest == *@* ]]; then auth=${rest%@*} address=${rest##*@}; fi
  address=${address%%/*}
  REDISCLI_AUTH=${auth#*:} timeout 5 redis-cli -h "${address%:*}" -p "${address##*:}" "$@"
}

if [ "$(redis_at "$PRIMARY" ping 2>/dev/null || true)" = PONG ]; then
  echo 'refused: the primary answers; stop it first, or it would go on beside the new one' >&2
  exit 1
fi
ROLE=$(redis_at "$REPLICA" role 2>/dev/null | head -n 1 || true)
case $ROLE in
  master) echo 'the replica is primary already' ;;
  slave)
    if [ "$DRY_RUN" = no ] && [ "$YES" = no ]; then
      read -r -p 'Make the replica the primary? The old board must stay off or come back as a replica. [yes/no] ' answer
      [ "$answer" = yes ] || exit 1
    fi
    run redis_at "$REPLICA" replicaof no one || exit 1
    run redis_at "$REPLICA" config rewrite || echo 'its configuration file could not be rewritten' >&2
    ;;
  *) echo 'failed: the replica does not answer' >&2 && exit 1 ;;
esac
if [ -n "$TARGET" ]; then
  run scp -q "$REPLICA" "$TARGET:/var/lib/faasd/trader/redis-url" || exit 1
  run ssh "$TARGET" sudo systemctl restart faasd || exit 1
fi
echo 'next: deploy-dual-device.sh with the new redis-url, then trading reconciles with the broker'
