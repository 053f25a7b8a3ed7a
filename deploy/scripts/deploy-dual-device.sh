#!/usr/bin/env bash
# Brings the functions of both boards to one version. Doing it again changes nothing.
#   deploy-dual-device.sh --tag TAG --hosts compute=ADDRESS,state=ADDRESS [--split compute-state|balanced]
#                         [--stack FILE] [--secrets FOLDER] [--settings FILE] [--dry-run]
# FOLDER has a folder of secrets for each board. Exit code 0: both boards are as they should be;
# 1: one is not; 2: wrong options.
# shellcheck source=deploy/scripts/boards.sh
source "$(dirname "${BASH_SOURCE[0]}")/boards.sh"
TAG='' SECRETS='' SETTINGS=''
while [ $# -gt 0 ]; do
  case $1 in
    --dry-run) DRY_RUN=yes && shift && continue ;;
    --tag) TAG=$(value_of "$@") ;;
    --hosts) read_hosts "$(value_of "$@")" ;;
    --split) SPLIT=$(value_of "$@") ;;
    --stack) STACK=$(value_of "$@") ;;
    --secrets) SECRETS=$(value_of "$@") ;;
    --settings) SETTINGS=$(value_of "$@") ;;
    *) usage_error "unknown option $1" ;;
  esac
  shift 2
done
[ -n "$TAG" ] || usage_error '--tag is missing'
BOARDS=$(boards_of "$SPLIT")
require_hosts "$BOARDS"
[ -z "$SETTINGS" ] || SETTINGS=$(path_of --settings "$SETTINGS")
if [ -n "$SECRETS" ]; then
  SECRETS=$(path_of --secrets "$SECRETS")
  for board in $BOARDS; do
    [ -d "$SECRETS/$board" ] || usage_error "--secrets: $SECRETS has no folder \"$board\""
  done
fi
cd "$PROJECT"
export IMAGE_TAG=$TAG
FAILED=0
for board in $BOARDS; do
  command=(npm run --silent deploy -- --board "deploy/boards/$SPLIT/$board"
    --gateway "http://${HOSTS[$board]}:8080" --stack "$STACK")
  [ -z "$SECRETS" ] || command+=(--secrets "$SECRETS/$board")
  [ -z "$SETTINGS" ] || command+=(--settings "$SETTINGS")
  run "${command[@]}" || { echo "$board: not as it should be" >&2 && FAILED=1; }
done
[ "$FAILED" = 0 ] || exit 1
# For rollback.sh: the tags of complete deployments, the newest last, each once in a row.
if [ "$DRY_RUN" = no ] && [ "$(tail -n 1 "$HISTORY" 2>/dev/null || true)" != "$TAG" ]; then
  mkdir -p "$(dirname "$HISTORY")"
  echo "$TAG" >>"$HISTORY"
fi
if [ "$DRY_RUN" = yes ]; then echo "nothing was done; both boards would have $TAG"; else echo "both boards have $TAG"; fi
