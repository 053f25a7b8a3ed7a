#!/bin/sh
# Whether the server or the sentinel at a port of this pod answers.
test "$(REDISCLI_AUTH=$(cat /etc/redis-secret/redis-password) timeout 3 redis-cli -p "$1" ping)" = PONG
