#!/usr/bin/env bash
# Images of faasd's own services from programs of this machine, as no registry is reached: the base of the
# Dockerfiles, OpenFaaS' gateway and its basic-auth plugin, Prometheus. Archives of them are put into FOLDER/images.
#   service-images.sh FOLDER   FAASD_GATEWAY, FAASD_BASIC_AUTH: the programs; GATEWAY_ASSETS: the gateway's page, if any
set -euo pipefail
FOLDER=$1
STORE=(--root "$FOLDER/buildah/store" --runroot "$FOLDER/buildah/run" --storage-driver overlay)
mkdir -p "$FOLDER/images" "$FOLDER/pushed" "$FOLDER/buildah" "$FOLDER/tools"
install -m 755 scripts/faasd/docker.sh "$FOLDER/tools/docker"

# An image of the base with one program more: its name, the program, where it lies in it, its parameters.
image() {
  local name=$1 program=$2 target=$3 container
  shift 3
  [ ! -e "$FOLDER/images/${target##*/}.tar" ] || return 0
  container=$(buildah "${STORE[@]}" from localhost/base:1)
  buildah "${STORE[@]}" add -q "$container" "$program" "$target" >/dev/null
  if [ "${target##*/}" = gateway ] && [ -d "${GATEWAY_ASSETS:-}" ]; then
    buildah "${STORE[@]}" add -q "$container" "$GATEWAY_ASSETS" "${target%/*}/assets" >/dev/null
  fi
  buildah "${STORE[@]}" config --workingdir "${target%/*}" --entrypoint "[$(printf ',"%s"' "$target" "$@" | cut -c2-)]" \
    --cmd '' "$container"
  buildah "${STORE[@]}" commit -q "$container" "$name" >/dev/null
  buildah "${STORE[@]}" rm "$container" >/dev/null
  buildah "${STORE[@]}" push -q "$name" "docker-archive:$FOLDER/images/${target##*/}.tar:$name"
}

if [ ! -e "$FOLDER/buildah/base" ]; then
  sh tests/support/deployment/base-image.sh "$FOLDER/buildah/base"
  container=$(buildah "${STORE[@]}" from scratch)
  buildah "${STORE[@]}" add -q "$container" "$FOLDER/buildah/base" / >/dev/null
  buildah "${STORE[@]}" config --env PATH=/usr/local/bin:/usr/bin:/bin "$container"
  buildah "${STORE[@]}" commit -q "$container" localhost/base:1 >/dev/null
  buildah "${STORE[@]}" rm "$container" >/dev/null
fi
image ghcr.io/openfaas/gateway:0.25.4 "$FAASD_GATEWAY" /home/app/gateway
image ghcr.io/openfaas/basic-auth:0.25.4 "$FAASD_BASIC_AUTH" /home/app/basic-auth
image docker.io/prom/prometheus:v2.49.1 "$(command -v prometheus)" /bin/prometheus \
  --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/prometheus
