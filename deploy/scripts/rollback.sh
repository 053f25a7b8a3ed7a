#!/usr/bin/env bash
# Deploys the version before the present one, or the one that is named. Options other than --to are
# those of deploy-dual-device.sh, as are the exit codes. Data is never rolled back.
#   rollback.sh [--to TAG] --hosts compute=ADDRESS,state=ADDRESS [...] [--dry-run]
# shellcheck source=deploy/scripts/boards.sh
source "$(dirname "${BASH_SOURCE[0]}")/boards.sh"
TO='' REST=()
while [ $# -gt 0 ]; do
  case $1 in
    --to) TO=$(value_of "$@") && shift 2 ;;
    --tag) usage_error '--tag: name the version with --to' ;;
    *) REST+=("$1") && shift ;;
  esac
done
if [ -z "$TO" ]; then
  [ -r "$HISTORY" ] || usage_error "there is no $HISTORY; name the version with --to"
  CURRENT=$(tail -n 1 "$HISTORY")
  TO=$(grep -vxF -- "$CURRENT" "$HISTORY" | tail -n 1 || true)
  [ -n "$TO" ] || usage_error "$HISTORY has no version before $CURRENT; name one with --to"
fi
echo "back to $TO"
exec "$PROJECT/deploy/scripts/deploy-dual-device.sh" --tag "$TO" "${REST[@]}"
