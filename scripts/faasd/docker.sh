#!/usr/bin/env bash
# What faas-cli asks of Docker to publish images, done by buildah without a daemon: the same Dockerfile,
# with another base where no registry is reached (BASE_IMAGE), pushed into a folder that registries serve.
#   BUILDAH_ROOT   folder of buildah's images
#   BASE_IMAGE     what the Dockerfiles begin with
#   REGISTRY_NET   a process in whose network the registry of the images listens
set -euo pipefail
STORE=(--root "$BUILDAH_ROOT/store" --runroot "$BUILDAH_ROOT/run" --storage-driver overlay)
CERTIFICATES=/etc/ssl/certs/ca-certificates.crt

# Packages that this machine's npm has fetched already are taken from its cache.
npm_settings() {
  local file
  { cat "$HOME/.npmrc" 2>/dev/null || true && echo 'prefer-offline=true'; } >"$BUILDAH_ROOT/npmrc"
  for file in "$CERTIFICATES:$CERTIFICATES" "$BUILDAH_ROOT/npmrc:/root/.npmrc" "$HOME/.npm:/root/.npm"; do
    [ ! -e "${file%%:*}" ] || printf '%s\n' -v "$file"
  done
  printf '%s\n' --build-arg "NODE_EXTRA_CA_CERTS=$CERTIFICATES" --build-arg "NPM_CONFIG_CAFILE=$CERTIFICATES"
}

push() {
  local file=${1//[\/:]/_}.tar
  buildah "${STORE[@]}" push -q "$1" "docker-archive:$PUSHED/$file.new:$1"
  mv "$PUSHED/$file.new" "$PUSHED/$file"
}

# As `docker buildx build --platform P --output type=registry,push=true -t TAG ... FOLDER`.
build() {
  local image='' settings=() options=()
  while [ $# -gt 1 ]; do
    case $1 in
      -t | --tag) image=$2 && shift ;;
      --build-arg | -f | --file) options+=("${1/#--file/-f}" "$2") && shift ;;
      --platform | --output | --label) shift ;;
      --*) ;;
    esac
    shift
  done
  mapfile -t settings < <(npm_settings)
  buildah "${STORE[@]}" bud --layers --isolation chroot --network host --pull-never --format docker \
    --build-arg "BASE_IMAGE=$BASE_IMAGE" --build-arg BUILDPLATFORM=linux/amd64 --build-arg TARGETPLATFORM=linux/amd64 \
    "${settings[@]}" "${options[@]}" -t "$image" "$1" && push "$image"
}

echo "docker $*" >>"$BUILDAH_ROOT/docker.log"
case "$1 ${2:-}" in
  'buildx create' | 'buildx use' | 'buildx inspect' | 'run '*) ;;
  'buildx build') build "${@:3}" ;;
  'push '*) push "$2" ;;
  'import '*) ;;
  *) echo "docker: $* is not known here" >&2 && exit 1 ;;
esac
