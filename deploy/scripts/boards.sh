#!/usr/bin/env bash
# Read by the scripts beside it: options, and commands that a dry run only prints.
# shellcheck disable=SC2034
set -euo pipefail
PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
DRY_RUN=no
STACK=stack.packed.yml
SPLIT=compute-state
HISTORY=${ARDUINO_TRADER_HISTORY:-$HOME/.arduino-trader/deployments}
declare -A HOSTS=()

# What the script says of itself at its head.
for argument in "$@"; do
  case $argument in
    --help | -h) awk 'NR > 1 && !/^#/ { exit } NR > 1 && !/^# shellcheck/ { sub(/^# ?/, ""); print }' "$0" && exit 0 ;;
  esac
done

usage_error() {
  echo "$(basename "$0"): $1" >&2
  exit 2
}

# The value of an option, or a usage error that names it.
value_of() {
  if [ $# -lt 2 ] || [ -z "$2" ]; then usage_error "$1 needs a value"; fi
  printf '%s' "$2"
}

# The absolute path of a file or folder that an option names: scripts go on in the project's folder.
path_of() {
  [ -r "$2" ] || usage_error "$1: $2 cannot be read"
  realpath -- "$2"
}

# `compute=192.168.1.21,state=192.168.1.22`
read_hosts() {
  local pair
  for pair in ${1//,/ }; do
    [[ $pair =~ ^[a-z]+=[A-Za-z0-9.:-]+$ ]] || usage_error "--hosts: \"$pair\" is not BOARD=ADDRESS"
    HOSTS[${pair%%=*}]=${pair#*=}
  done
}

# The boards of the split, those with the state first: what the others call is then there.
boards_of() {
  [ -d "$PROJECT/deploy/boards/$1" ] || usage_error "--split: there is no deploy/boards/$1"
  case $1 in
    compute-state) echo state compute ;;
    balanced) echo b a ;;
    *) usage_error "--split: $1 is not one of two boards" ;;
  esac
}

require_hosts() {
  local board
  for board in $1; do
    [ -n "${HOSTS[$board]:-}" ] || usage_error "--hosts: the address of \"$board\" is missing"
  done
  for board in "${!HOSTS[@]}"; do
    [[ " $1 " == *" $board "* ]] || usage_error "--hosts: \"$board\" is none of the boards ${1// /, }"
  done
}

require_program() {
  command -v "$1" >/dev/null || usage_error "$1 is not installed"
}

run() {
  printf '+'
  printf ' %q' "$@"
  printf '\n'
  [ "$DRY_RUN" = yes ] || "$@"
}
