#!/usr/bin/env bash
# Looks at everything an operator should know of both boards; a line each, `ok` or `PROBLEM`.
#   health-check.sh --hosts compute=ADDRESS,state=ADDRESS [--split SPLIT] [--stack FILE] [--tag TAG]
#                   [--redis-url-file FILE] [--certificates FOLDER] [--ssh USER] [--password-file FILE]
#                   [--skew-max SECONDS] [--days-min DAYS] [--dry-run]
# With --ssh also the disks of the boards. Exit code 0: all well; 1: a problem; 2: wrong options.
# shellcheck source=deploy/scripts/boards.sh
source "$(dirname "${BASH_SOURCE[0]}")/boards.sh"
TAG='' REDIS_FILE='' CERTIFICATES='' SSH_USER='' PASSWORD_FILE='' SKEW_MAX=2 DAYS_MIN=14
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) DRY_RUN=yes && shift && continue ;;
    --hosts) read_hosts "$(value_of "$@")" ;;
    --split) SPLIT=$(value_of "$@") ;;
    --stack) STACK=$(value_of "$@") ;;
    --tag) TAG=$(value_of "$@") ;;
    --redis-url-file) REDIS_FILE=$(value_of "$@") ;;
    --certificates) CERTIFICATES=$(value_of "$@") ;;
    --ssh) SSH_USER=$(value_of "$@") ;;
    --password-file) PASSWORD_FILE=$(value_of "$@") ;;
    --skew-max) SKEW_MAX=$(value_of "$@") ;;
    --days-min) DAYS_MIN=$(value_of "$@") ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift 2
done
[[ $SKEW_MAX =~ ^[0-9]+$ ]] || usage_error '--skew-max is a number of seconds'
[[ $DAYS_MIN =~ ^[0-9]+$ ]] || usage_error '--days-min is a number of days'
BOARDS=$(boards_of "$SPLIT")
require_hosts "$BOARDS"
[ -z "$REDIS_FILE" ] || REDIS_FILE=$(path_of --redis-url-file "$REDIS_FILE")
[ -z "$CERTIFICATES" ] || CERTIFICATES=$(path_of --certificates "$CERTIFICATES")
[ -z "$PASSWORD_FILE" ] || PASSWORD_FILE=$(path_of --password-file "$PASSWORD_FILE")
cd "$PROJECT"
[ -z "$TAG" ] || export IMAGE_TAG=$TAG
PROBLEMS=0

report() {
  if [ "$1" = 0 ]; then echo "ok      $2"; else
    echo "PROBLEM $2"
    PROBLEMS=$((PROBLEMS + 1))
  fi
}

check() {
  local title=$1 said
  shift
  if [ "$DRY_RUN" = yes ]; then run "$@"; else
    if said=$("$@" 2>&1); then report 0 "$title"; else report 1 "$title: ${said//$'\n'/; }"; fi
  fi
}

# The two clocks differ by at most a second more than this says: HTTP dates have whole seconds.
clock_of() {
  local date skew
  # Not by HEAD, which OpenFaaS' gateway refuses, with a date of its own.
  date=$(curl -fsS -m 5 -o /dev/null -D - "http://$1:8080/healthz")
  date=$(sed -n 's/\r$//; s/^[Dd]ate: //p' <<<"$date" | head -n 1)
  [ -n "$date" ] || { echo 'the gateway says no date' && return 1; }
  skew=$(($(date +%s) - $(date -d "$date" +%s)))
  [ "${skew#-}" -le "$SKEW_MAX" ] || { echo "differs by $skew s, at most $SKEW_MAX s" && return 1; }
}

port_open() {
  timeout 5 bash -c "exec 3<>/dev/tcp/$1/$2" 2>/dev/null || { echo "port $2 does not answer" && return 1; }
}

# Asks each server of redis://:PASSWORD@one,other/0. The password stays out of the process list, and out of a URL,
# as redis-cli before 7.2 takes the empty name in it for one.
redis_well() {
  local rest auth='' host said primaries=0 servers=0
  rest=$(<"$REDIS_FILE")
  rest=${rest#redis://}
  if [[ $rest == *@* ]]; then auth=${rest%@*} rest=${rest##*@}; fi
  rest=${rest%%/*}
  for host in ${rest//,/ }; do
    servers=$((servers + 1))
    [[ $host == *:* ]] || host+=:6379
    said=$(REDISCLI_AUTH=${auth#*:} timeout 5 redis-cli -h "${host%:*}" -p "${host##*:}" info 2>&1) || { echo "$host: $said" && return 1; }
    grep -q '^aof_last_write_status:ok' <<<"$said" || { echo "$host does not write its file, or does not let us in" && return 1; }
    if grep -q '^role:master' <<<"$said"; then primaries=$((primaries + 1)); fi
    if grep -q '^master_link_status:down' <<<"$said"; then echo "$host, the replica, has lost its primary" && return 1; fi
  done
  [ "$primaries" = 1 ] || { echo "$primaries of $servers servers are primary" && return 1; }
}

# Those in use: in a folder of `npm run certificates`, or in one of secrets (grpc-cert). Files of keys have none.
certificates_in() {
  find -L "$1" -type f \( -name '*.pem' -o -name '*.crt' -o -name '*cert*' -o -name 'grpc-ca' \) \
    -not -path '*/versions/*' -exec grep -l -- '-----BEGIN CERTIFICATE-----' {} + | sort
}

certificate_well() {
  local end days
  end=$(openssl x509 -in "$1" -noout -enddate) || return 1
  days=$((($(date -d "${end#notAfter=}" +%s) - $(date +%s)) / 86400))
  echo "$days days left"
  [ "$days" -ge "$DAYS_MIN" ]
}

disk_well() {
  local used
  used=$(ssh -o BatchMode=yes -o ConnectTimeout=5 "$SSH_USER@$1" df --output=pcent /var/lib | tail -n 1 | tr -dc 0-9)
  [ "$used" -lt 90 ] || { echo "$used % used" && return 1; }
}

for board in $BOARDS; do
  host=${HOSTS[$board]}
  check "$board: gateway" curl -fsS -m 5 "http://$host:8080/healthz"
  deployed=(npm run --silent deployed -- --board "deploy/boards/$SPLIT/$board"
    --gateway "http://$host:8080" --stack "$STACK" --wake)
  [ -z "$PASSWORD_FILE" ] || deployed+=(--password-file "$PASSWORD_FILE")
  check "$board: functions and versions" "${deployed[@]}"
  for port in 50051 50052 50053 50054 50055 50056 50057; do
    check "$board: facade $port" port_open "$host" "$port"
  done
  check "$board: clock" clock_of "$host"
  [ -z "$SSH_USER" ] || check "$board: disk" disk_well "$host"
done
[ -z "$REDIS_FILE" ] || check 'redis' redis_well
if [ -n "$CERTIFICATES" ]; then
  mapfile -t FILES < <(certificates_in "$CERTIFICATES")
  [ ${#FILES[@]} -gt 0 ] || report 1 "certificates: there is none in $CERTIFICATES"
  for file in "${FILES[@]}"; do check "certificate ${file#"$CERTIFICATES/"}" certificate_well "$file"; done
fi
[ "$PROBLEMS" = 0 ] || { echo "$PROBLEMS problems" && exit 1; }
