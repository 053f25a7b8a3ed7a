#!/usr/bin/env bash
# The board with the state is gone: a person makes the Redis replica of the other board the primary.
# Nothing is promoted while the old primary answers, as two primaries would trade twice.
#   failover.sh --primary-url-file FILE --replica-url-file FILE [--prefix P] [--alone]
#               [--ssh USER@HOST] [--gateway URL --secrets FOLDER]
#               [--take-over [--tag TAG] [--stack FILE] [--settings FILE]] [--yes] [--dry-run]
# 1. The replica becomes primary, in a new generation of the state, with trading halted: a process that has
#    seen it trades no more on the old one, and the old one alone has no replica to acknowledge orders.
#    With --alone it may trade without a replica until there is one again; the status says UNPROTECTED.
# 2. With --ssh the secret redis-url of connector and facade there is replaced, unless it names both boards
#    (redis://board-1,board-2): then all of them find the primary. faasd is restarted, and its gateway awaited.
# 3. With --take-over the board at --ssh and --gateway gets the services of the dead one too, connector and
#    facade included. Without it those services are nowhere until the dead board is replaced. The other options
#    are those of the last deployment; --tag is the last one that deploy-dual-device.sh noted, unless given.
# 4. With --gateway the books are compared with the broker (its trade-token is in --secrets), and the
#    halt of step 1 is lifted.
# Exit code 0: done (also if it was already); 1: refused or failed; 2: wrong options.
# shellcheck source=deploy/scripts/boards.sh
source "$(dirname "${BASH_SOURCE[0]}")/boards.sh"
PRIMARY='' REPLICA='' TARGET='' YES=no PREFIX=trader GATEWAY='' SECRETS='' WISHES=() TAKE_OVER=no TAG='' SETTINGS=''
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) DRY_RUN=yes && shift && continue ;;
    --yes) YES=yes && shift && continue ;;
    --alone) WISHES+=(--alone) && shift && continue ;;
    --take-over) TAKE_OVER=yes && WISHES+=(--take-over) && shift && continue ;;
    --tag) TAG=$(value_of "$@") ;;
    --stack) STACK=$(value_of "$@") ;;
    --settings) SETTINGS=$(value_of "$@") ;;
    --primary-url-file) PRIMARY=$(value_of "$@") ;;
    --replica-url-file) REPLICA=$(value_of "$@") ;;
    --prefix) PREFIX=$(value_of "$@") ;;
    --ssh) TARGET=$(value_of "$@") ;;
    --gateway) GATEWAY=$(value_of "$@") ;;
    --secrets) SECRETS=$(value_of "$@") ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift 2
done
[ -r "$PRIMARY" ] || usage_error '--primary-url-file: cannot be read'
[ -r "$REPLICA" ] || usage_error '--replica-url-file: cannot be read'
[ -z "$GATEWAY" ] || [ -r "$SECRETS/trade-token" ] || usage_error '--secrets: has no trade-token'
if [ "$TAKE_OVER" = yes ]; then
  [ -n "$TARGET" ] || usage_error '--take-over needs --ssh, for connector and facade'
  [ -n "$GATEWAY" ] || usage_error '--take-over needs --gateway and --secrets, for the functions'
  [ -z "$SETTINGS" ] || [ -r "$SETTINGS" ] || usage_error '--settings: cannot be read'
  TAG=${TAG:-$(tail -n 1 "$HISTORY" 2>/dev/null || true)}
  [ -n "$TAG" ] || usage_error "--take-over needs --tag, as there is no $HISTORY"
fi
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
if [ "$DRY_RUN" = no ] && [ "$YES" = no ]; then
  read -r -p 'Make the replica the primary? The old board must stay off or come back as a replica. [yes/no] ' answer
  [ "$answer" = yes ] || exit 1
fi
REPLICA=$(realpath "$REPLICA")
[ -z "$SECRETS" ] || SECRETS=$(realpath "$SECRETS")
[ -z "$SETTINGS" ] || SETTINGS=$(realpath "$SETTINGS")
cd "$PROJECT" || exit 1
ALL=deploy/boards/all-local FILES=/var/lib/faasd/trader
WATCH=/opt/arduino-trader/deploy/scripts/faasd-watch.sh

# The functions of all services on the board that is left, by its secrets but with all services as its own.
take_over() {
  local secrets command
  secrets=$(mktemp -d)
  cp "$SECRETS"/* "$secrets" && cp "$ALL/services.yaml" "$secrets/services-yaml"
  command=(npm run --silent deploy -- --board "$ALL" --gateway "$GATEWAY" --stack "$STACK" --secrets "$secrets")
  [ -z "$SETTINGS" ] || command+=(--settings "$SETTINGS")
  local code=0
  IMAGE_TAG=$TAG run "${command[@]}" || code=1
  rm -r "$secrets"
  return "$code"
}

run npm run --silent promote -- --replica-url-file "$REPLICA" --prefix "$PREFIX" "${WISHES[@]}" || exit 1
if [ -n "$TARGET" ]; then
  # Where redis-url names both boards it stays: whoever reads it finds the primary, also after the next failover.
  if [ "$DRY_RUN" = yes ] || ! ssh "$TARGET" grep -q , "$FILES/redis-url"; then
    run scp -q "$REPLICA" "$TARGET:$FILES/redis-url" || exit 1
  fi
  [ "$TAKE_OVER" = no ] || run scp -q "$ALL/services.yaml" "$TARGET:$FILES/services-yaml" || exit 1
  # The functions are deployed by the gateway that this restarts.
  [ "$TAKE_OVER" = no ] || take_over || exit 1
  run ssh "$TARGET" sudo systemctl restart faasd || exit 1
  run ssh "$TARGET" sudo "$WATCH" --gateway-within 120 || [ $? = 1 ] || exit 1
fi
if [ -n "$GATEWAY" ]; then
  run env GATEWAY_URL="$GATEWAY" SECRETS_DIR="$SECRETS" npm run --silent promote -- --reconcile || exit 1
else
  echo 'next: with --gateway and --secrets, compare with the broker; until then trading is halted'
fi
