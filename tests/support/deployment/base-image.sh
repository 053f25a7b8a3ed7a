#!/bin/sh
# A base image's root file system from this machine's own node and npm, for where no registry is reached.
set -eu
root=$1
mkdir -p "$root/bin" "$root/etc/ssl/certs" "$root/tmp" "$root/usr/bin" "$root/usr/local/bin" \
  "$root/home/app" "$root/root" "$root/proc" "$root/sys" "$root/dev"
chmod 1777 "$root/tmp"
node=$(readlink -f "$(command -v node)")
cp "$node" "$root/usr/local/bin/node"
ldd "$node" | grep -o '/[^ )]*' | sort -u | while read -r library; do
  mkdir -p "$root$(dirname "$library")"
  cp -L "$library" "$root$library"
done
cp "$(command -v busybox)" "$root/bin/busybox"
for name in $("$root/bin/busybox" --list); do
  [ "$name" = busybox ] || ln -sf /bin/busybox "$root/bin/$name"
done
ln -sf /bin/busybox "$root/usr/bin/env"
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
cp -rL "$npm" "$root/usr/local/npm"
for name in npm npx; do
  printf '#!/bin/sh\nexec node /usr/local/npm/bin/%s-cli.js "$@"\n' "$name" >"$root/usr/local/bin/$name"
  chmod 755 "$root/usr/local/bin/$name"
done
if [ -e /etc/ssl/certs/ca-certificates.crt ]; then
  cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
fi
printf 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/app:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnode:x:1000:\n' >"$root/etc/group"
