#!/bin/sh
# Read by the scripts beside it: who is primary. Each sentinel keeps what it has learnt on its volume, and the
# newest of all that can be read decides. So a cluster that starts again as a whole, some servers earlier than
# others, begins with the last primary, and no server of before throws away what the others had acknowledged.
#   POD       the name of this one
#   SERVICE   of the servers, also the beginning of their names
#   DOMAIN    of their addresses
#   REPLICAS  how many servers there are
set -eu
PASSWORD=$(cat /etc/redis-secret/redis-password)
SENTINEL_FILE=/data/sentinel/sentinel.conf

address_of() { printf '%s-%s.%s.%s' "$SERVICE" "$1" "$SERVICE" "$DOMAIN"; }

OWN=$POD.$SERVICE.$DOMAIN

# `EPOCH REPLICAS ADDRESS` as a sentinel has it; nothing where none answers.
asked() {
  REDISCLI_AUTH=$PASSWORD timeout 2 redis-cli -h "$1" -p 26379 sentinel master trader 2>/dev/null |
    awk '{ if (key != "") { of[key] = $0; key = "" } else key = $0 }
      END { if (of["ip"] != "") print of["config-epoch"], of["num-slaves"], of["ip"] }'
}

# The same from the own record.
recorded() {
  [ -r "$SENTINEL_FILE" ] || return 0
  awk '$1 == "sentinel" { of[$2] = $4; seen[$2] += 1 }
    END { if (of["monitor"] != "") print of["config-epoch"] + 0, seen["known-replica"] + 0, of["monitor"] }' "$SENTINEL_FILE"
}

# Sets PRIMARY, the address of the primary, empty where no sentinel has ever known one, and HAD, how many replicas.
find_primary() {
  PRIMARY='' HAD=0 i=0
  newest=$(
    {
      recorded
      while [ "$i" -lt "$REPLICAS" ]; do
        asked "$(address_of "$i")" || true
        i=$((i + 1))
      done
    } | sort -n -k 1,1 -k 2,2 | tail -n 1
  )
  [ -n "$newest" ] || return 0
  PRIMARY=${newest##* } HAD=${newest#* }
  HAD=${HAD% *}
}

is_own() { [ "$PRIMARY" = "$OWN" ]; }
