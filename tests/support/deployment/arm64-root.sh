#!/bin/sh
# A base image's root file system for arm64: Node's own build for it, the libraries it needs, and an emulator that
# runs it on another machine.
set -eu
root=$1
node=$2
mkdir -p "$root/etc" "$root/lib" "$root/tmp" "$root/usr/local/bin" "$root/home/app" "$root/proc" "$root/dev" "$root/var"
chmod 1777 "$root/tmp"
cp "$node" "$root/usr/local/bin/node"
cp -L /usr/aarch64-linux-gnu/lib/*.so.* "$root/lib/"
cp "$(command -v qemu-aarch64-static)" "$root/qemu"
printf 'node:x:1000:1000::/home/app:/bin/sh\n' >"$root/etc/passwd"
printf 'node:x:1000:\n' >"$root/etc/group"
