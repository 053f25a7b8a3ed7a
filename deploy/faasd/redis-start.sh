#!/bin/sh
# Starts Redis on a board of two so that there is never a second primary: a server that was primary asks
# the other board first. If that has been promoted meanwhile, this one starts as its replica; if it does
# not answer, this one does not start. A server that was a replica starts as one.
#   REDIS_SETTINGS  settings to begin with; copied to the data folder, where Redis rewrites them
#   REDIS_DATA      folder of the data
#   REDIS_FIRST     `primary` or `replica`: what this board is before anything was promoted
#   PEER_URL_FILE   file with redis://:PASSWORD@HOST:PORT of the other board
#   START_ALONE     `yes`: start as primary although the other board does not answer (a person's decision)
set -eu
SETTINGS=$REDIS_DATA/redis.conf
URL=$(cat "$PEER_URL_FILE")
REST=${URL#redis://}
AUTH='' ADDRESS=$REST
case $REST in *@*) AUTH=${REST%@*} ADDRESS=${REST##*@} ;; esac
ADDRESS=${ADDRESS%%/*}
HOST=${ADDRESS%:*} PORT=${ADDRESS##*:}

# What a killed server left half written is found by Redis itself; settings are replaced in one step.
if [ ! -e "$SETTINGS" ]; then
  cp "$REDIS_SETTINGS" "$SETTINGS.new"
  printf '\ndir %s\n' "$REDIS_DATA" >>"$SETTINGS.new"
  if [ -n "${AUTH#*:}" ]; then printf 'masterauth %s\n' "${AUTH#*:}" >>"$SETTINGS.new"; fi
  if [ "${REDIS_FIRST:-primary}" = replica ]; then
    printf 'replicaof %s %s\n' "$HOST" "$PORT" >>"$SETTINGS.new"
  fi
  mv "$SETTINGS.new" "$SETTINGS"
fi
if grep -q '^replicaof ' "$SETTINGS"; then exec redis-server "$SETTINGS"; fi

role() {
  REDISCLI_AUTH=${AUTH#*:} timeout 3 redis-cli -h "$HOST" -p "$PORT" role 2>/dev/null | head -n 1
}
tries=0
while [ "$tries" -lt "${PEER_TRIES:-20}" ]; do
  case $(role) in
    slave) exec redis-server "$SETTINGS" ;;
    master)
      echo 'the other board was promoted: this one starts as its replica'
      exec redis-server "$SETTINGS" --replicaof "$HOST" "$PORT"
      ;;
  esac
  if [ "${START_ALONE:-no}" = yes ]; then exec redis-server "$SETTINGS"; fi
  tries=$((tries + 1))
  sleep 1
done
echo 'the other board does not answer, and may have been promoted: not started (START_ALONE=yes overrides)' >&2
exit 1
