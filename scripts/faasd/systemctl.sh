#!/usr/bin/env bash
# Stands for systemd in a board's namespace: starts, stops and restarts units as their files say
# (ExecStart, Environment, EnvironmentFile, User, StateDirectory, WorkingDirectory, Restart, RestartSec, and the
# settings of `systemctl edit`).
set -euo pipefail
STATE=/run/units
mkdir -p "$STATE"

unit_of() { printf '%s' "${1%.service}"; }

lines_of() {
  cat "/lib/systemd/system/$1.service" "/etc/systemd/system/$1.service" /etc/systemd/system/"$1".service.d/*.conf \
    2>/dev/null || true
}

value_of() { lines_of "$1" | sed -n "s/^$2=//p" | tail -n 1; }

# The process of a unit, in its folder, with its environment, as its user.
run_unit() {
  local unit=$1 user state line
  user=$(value_of "$unit" User)
  state=$(value_of "$unit" StateDirectory)
  [ -z "$state" ] || install -d -m 0700 -o "${user:-root}" "/var/lib/$state"
  while read -r line; do
    line=${line#\"} && export "${line%\"}"
  done < <({ lines_of "$unit" | sed -n 's/^EnvironmentFile=-\{0,1\}//p' | xargs -r cat 2>/dev/null || true; lines_of "$unit" | sed -n 's/^Environment=//p' | xargs -r -n 1 printf '%s\n'; })
  cd "$(value_of "$unit" WorkingDirectory)"
  # shellcheck disable=SC2046
  exec ${user:+setpriv --reuid "$user" --regid "$user" --clear-groups} $(value_of "$unit" ExecStart)
}

# Runs until the unit is stopped; a process that ended is started again, as Restart= says.
supervise() {
  local unit=$1 rest code pid restart
  rest=$(value_of "$unit" RestartSec)
  restart=$(value_of "$unit" Restart)
  trap 'touch "$STATE/$unit.stopped"; kill -TERM "$pid" 2>/dev/null || true' TERM
  while :; do
    (run_unit "$unit") >>"/var/log/$unit.log" 2>&1 &
    pid=$!
    echo "$pid" >"$STATE/$unit.main"
    code=0
    wait "$pid" || code=$?
    # The trap has interrupted the wait: the process is still on its way out.
    while kill -0 "$pid" 2>/dev/null; do wait "$pid" || code=$?; done
    if [ -e "$STATE/$unit.stopped" ] || { [ "$code" = 0 ] && [ "$restart" != always ]; }; then break; fi
    echo "unit $unit: exit $code, started again in ${rest:-1}" >>"/var/log/$unit.log"
    sleep "${rest:-1}" & wait $! || true
    if [ -e "$STATE/$unit.stopped" ]; then break; fi
  done
  rm -f "$STATE/$unit.pid" "$STATE/$unit.main"
}

start() {
  local unit=$1
  if [ -e "$STATE/$unit.pid" ] && kill -0 "$(<"$STATE/$unit.pid")" 2>/dev/null; then return; fi
  rm -f "$STATE/$unit.stopped"
  setsid "$0" supervise "$unit" </dev/null >/dev/null 2>&1 &
  echo $! >"$STATE/$unit.pid"
}

stop() {
  local unit=$1
  [ -e "$STATE/$unit.pid" ] || return 0
  kill -TERM "$(<"$STATE/$unit.pid")" 2>/dev/null || true
  while [ -e "$STATE/$unit.pid" ] && kill -0 "$(<"$STATE/$unit.pid")" 2>/dev/null; do sleep 0.1; done
}

command=${1:-}
shift || true
while [[ ${1:-} == --* ]]; do shift; done
unit=$(unit_of "${1:-}")
case $command in
  daemon-reload | enable | disable) ;;
  start | stop | supervise) "$command" "$unit" ;;
  restart) stop "$unit" && start "$unit" ;;
  is-active) [ -e "$STATE/$unit.main" ] && kill -0 "$(<"$STATE/$unit.main")" ;;
  *) echo "systemctl: $command is not known here" >&2 && exit 1 ;;
esac
