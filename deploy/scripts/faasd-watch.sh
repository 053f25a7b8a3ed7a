#!/usr/bin/env bash
# On a board with faasd: keeps its services running and their ports open. faasd starts none of them again
# that ended; then it is restarted as a whole. Before 0.19.6 it closes a port for good after one connection
# that came while nobody listened, as at each start; such a port is led to the service by a rule of nftables.
# Functions need no watch: faasd starts them at their next call.
#   faasd-watch.sh [--folder FOLDER] [--wait SECONDS] [--gateway-within SECONDS] [--dry-run]
# FOLDER is faasd's (/var/lib/faasd). What has ended is looked at again after --wait (10 s), as a restart takes
# a moment. With --gateway-within, after a restart, it first waits until the gateway answers in its container, as a
# connection to the board's port that comes too early is what closes that. Exit code 0: all is well, or faasd is
# stopped; 1: something was mended; 2: wrong options; 3: the gateway did not answer in time.
# shellcheck source=deploy/scripts/boards.sh
source "$(dirname "${BASH_SOURCE[0]}")/boards.sh"
FAASD=/var/lib/faasd WAIT=10 GATEWAY_WITHIN=0 TABLE='inet arduino_trader_ports'
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) DRY_RUN=yes && shift && continue ;;
    --folder) FAASD=$(value_of "$@") ;;
    --wait) WAIT=$(value_of "$@") ;;
    --gateway-within) GATEWAY_WITHIN=$(value_of "$@") ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift 2
done
[ -r "$FAASD/docker-compose.yaml" ] || usage_error "--folder: $FAASD has no docker-compose.yaml"
[[ $WAIT =~ ^[0-9]+$ ]] || usage_error '--wait is a number of seconds'
[[ $GATEWAY_WITHIN =~ ^[0-9]+$ ]] || usage_error '--gateway-within is a number of seconds'
for program in ctr nft ss; do require_program "$program"; done

# While faasd prepares images it has no containers, and nothing is wrong.
ended() {
  local running
  running=$(ctr -n openfaas tasks ls | awk '$3 == "RUNNING" { print $1 }')
  ctr -n openfaas containers ls -q | grep -vxF -f <(printf '%s\n' "${running:-no task}") || true
}

# `facade 50051 50051`: service, port of the board, port of the container, a line each. Ports of one address of
# the board only, as Prometheus has, are left out.
published() {
  awk '
    /^  [A-Za-z0-9_-]+: *$/ { service = $1; sub(/:$/, "", service) }
    /^ +- *["\047]?[0-9]+:[0-9]+["\047]? *$/ { gsub(/[-"\047 ]/, ""); split($0, port, ":"); print service, port[1], port[2] }
  ' "$FAASD/docker-compose.yaml"
}

address_of() {
  awk -v name="$1" '$2 == name { found = $1 } END { print found }' "$FAASD/hosts"
}

await_gateway() {
  local end=$((SECONDS + GATEWAY_WITHIN))
  until curl -fs -m 2 -o /dev/null "http://$(address_of gateway):8080/healthz"; do
    [ "$SECONDS" -lt "$end" ] || { echo "the gateway did not answer within $GATEWAY_WITHIN s" >&2 && exit 3; }
    sleep 0.5
  done
}

# The rules for ports that faasd has closed; none where it has not.
rules() {
  local service port inside address chain text=''
  while read -r service port inside; do
    if ss -Hltn "sport = :$port" | grep -q .; then continue; fi
    address=$(address_of "$service")
    [ -z "$address" ] || text+="    fib daddr type local tcp dport $port dnat ip to $address:$inside"$'\n'
  done < <(published)
  [ -n "$text" ] || return 0
  for chain in prerouting output; do
    printf '  chain %s {\n    type nat hook %s priority -100;\n%s  }\n' "$chain" "$chain" "$text"
  done
}

open_ports() {
  local text
  text=$(rules)
  if [ "$text" = "$(cat "$STATE" 2>/dev/null || true)" ]; then return 0; fi
  [ -z "$text" ] || echo "ports that faasd has closed are led to their services:"$'\n'"$text"
  [ "$DRY_RUN" = no ] || return 1
  # The table is replaced as a whole.
  printf 'table %s\ndelete table %s\ntable %s {\n%s\n}\n' "$TABLE" "$TABLE" "$TABLE" "$text" | nft -f -
  printf '%s' "$text" >"$STATE"
  return 1
}

# The rules last as long as the board is up, and so does this.
STATE=${RUNTIME_DIRECTORY:-/run}/arduino-trader-ports
systemctl is-active --quiet faasd || exit 0
[ "$GATEWAY_WITHIN" = 0 ] || await_gateway
if [ -n "$(ended)" ]; then
  sleep "$WAIT"
  ENDED=$(ended)
  [ -z "$ENDED" ] || { echo "has ended: ${ENDED//$'\n'/, }" && run systemctl restart faasd && exit 1; }
fi
[ -n "$(ctr -n openfaas containers ls -q)" ] || exit 0
open_ports
