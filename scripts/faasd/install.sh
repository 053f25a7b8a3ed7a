#!/usr/bin/env bash
# What docs/operate/deploy.md asks of a board, in its namespaces: Redis as a service of the board, the files of
# connector and facade, faasd's limits. Images lie here in place of a registry.
#   install.sh PART FOLDER PEER FIRST NAME OTHER
# PART: `state` or `compute`, which has its file in deploy/faasd; FIRST: `primary` or `replica`; NAME and OTHER: what
# the two boards are called in the split. IMAGE_PREFIX and IMAGE_TAG as for faas-cli.
set -euo pipefail
PART=$1 FOLDER=$2 PEER=$3 FIRST=$4 NAME=$5 OTHER=$6
SECRETS=$FOLDER/secrets/$NAME
mkdir -p /etc/arduino-trader
cd /opt/arduino-trader/deploy
PASSWORD=$(<"$FOLDER/redis-password")
sed "s/REPLACE-BY-A-LONG-RANDOM-PASSWORD/$PASSWORD/" faasd/redis.conf >/etc/arduino-trader/redis.conf
echo "redis://:$PASSWORD@$PEER:6379" >/etc/arduino-trader/redis-peer-url
echo "REDIS_FIRST=$FIRST" >/etc/arduino-trader/redis.env
chgrp redis /etc/arduino-trader/redis*
chmod 0640 /etc/arduino-trader/redis*
cp systemd/arduino-trader-redis.service systemd/arduino-trader-faasd-watch.service /etc/systemd/system/

cd /var/lib/faasd
install -d trader && install -d -m 0700 -o 1000 trader-data
cp "$SECRETS"/* trader/ && chmod 0600 trader/* && chown -R 1000:1000 trader
# Added to `services:`, with the limits of the gateway.
cp -n docker-compose.yaml docker-compose.faasd.yaml
{
  sed 's/_timeout=6[05]s/_timeout=4000s/' docker-compose.faasd.yaml
  sed '1,/^services:/d; s#ghcr.io/your-name/arduino-trader/services:1#'"$IMAGE_PREFIX/services:$IMAGE_TAG#" \
    "/opt/arduino-trader/deploy/faasd/$PART.yaml" | sed "s/\(GRPC_CERTIFICATE_SCOPES=\)[a-z]*=/\1$OTHER=/"
} >docker-compose.yaml
mkdir -p /etc/systemd/system/faasd-provider.service.d
printf '[Service]\nEnvironment=service_timeout=4000s\nExecStart=\nExecStart=/usr/local/bin/faasd provider --pull-policy IfNotPresent\n' \
  >/etc/systemd/system/faasd-provider.service.d/override.conf

ctr namespaces create openfaas-fn 2>/dev/null || true
for archive in "$FOLDER"/pushed/*.tar; do
  ctr -n openfaas-fn images import "$archive"
  case $archive in *_services_*) ctr -n openfaas images import "$archive" ;; esac
done >/var/log/images.log
systemctl daemon-reload
systemctl restart faasd-provider
systemctl restart arduino-trader-redis
systemctl restart faasd
