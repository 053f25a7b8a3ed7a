#!/usr/bin/env bash
# A board: namespaces of its own for network, files, processes and control groups, and in them journald,
# containerd, and faasd as its own `faasd install` sets it up. Nothing of it is seen on the machine, and killing
# the board's first process is a power cut.
#   board.sh run NAME FOLDER ADDRESS   until it is killed; FOLDER outlives it, as a disk does
#   board.sh init NAME FOLDER ADDRESS  the same, already within the namespaces
# FAASD names its program, FAASD_FILES the folder with docker-compose.yaml, prometheus.yml, resolv.conf and hack
# for `faasd install`, IMAGES that of the archives of images that faasd's own services need.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
COMMAND=$1 NAME=$2 FOLDER=$3 ADDRESS=$4

# The board's processes in a group of their own, below which containerd puts its containers.
enter_group() {
  local group
  for group in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -e "$group/cgroup.procs" ] || continue
    mkdir -p "$group/trader-$NAME"
    if [ -e "$group/cpuset.cpus" ]; then
      cat "$group/cpuset.cpus" >"$group/trader-$NAME/cpuset.cpus"
      cat "$group/cpuset.mems" >"$group/trader-$NAME/cpuset.mems"
    fi
    echo $$ >"$group/trader-$NAME/cgroup.procs"
  done
}

# What the control groups look like from within; either version of them.
mount_groups() {
  local controllers
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mount -t cgroup2 none /sys/fs/cgroup
    mkdir -p /sys/fs/cgroup/init
    echo 0 >/sys/fs/cgroup/init/cgroup.procs
    sed 's/\(^\| \)/\1+/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control
    return
  fi
  mount -t tmpfs none /sys/fs/cgroup
  while IFS=: read -r _ controllers _; do
    [ -n "$controllers" ] || continue
    mkdir -p "/sys/fs/cgroup/${controllers#name=}"
    mount -t cgroup -o "${controllers/#name=/none,name=}" none "/sys/fs/cgroup/${controllers#name=}"
  done </proc/self/cgroup
}

# A folder of the machine that the board may write to, with its changes on the board's own disk.
own_copy() {
  local key=${1//\//_}
  mkdir -p "$FOLDER/disk/$key" "$FOLDER/disk/$key.work"
  mount -t overlay none -o "lowerdir=$1,upperdir=$FOLDER/disk/$key,workdir=$FOLDER/disk/$key.work" "$1"
}

mount_disk() {
  mount -t tmpfs none /run
  mkdir -p /run/systemd/journal /run/log/journal /run/lock
  for folder in /usr/local/bin /var/lib /var/log /lib/systemd/system /etc; do own_copy "$folder"; done
  mount -t tmpfs none /opt
  mkdir -p /opt/cni/bin /opt/arduino-trader /etc/cni/net.d /var/run/cni
  mount --bind "$HERE/../.." /opt/arduino-trader
  mount --bind /usr/lib/cni /opt/cni/bin
  [ -s /etc/machine-id ] || printf '%032d\n' 1 >/etc/machine-id
  echo "$NAME" >/etc/hostname
  hostname "$NAME"
}

start_daemons() {
  /lib/systemd/systemd-journald >/var/log/journald.log 2>&1 &
  printf 'version = 2\nroot = "%s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n' "$FOLDER/containerd" \
    >/run/containerd.toml
  setsid containerd --config /run/containerd.toml >/var/log/containerd.log 2>&1 &
  echo $! >/run/containerd.pid
  until [ -S /run/containerd/containerd.sock ]; do sleep 0.1; done
}

init() {
  mount_groups
  mount_disk
  ip link set lo up
  echo 1 >/proc/sys/net/ipv4/ip_forward
  until ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
  ip address add "$ADDRESS/24" dev eth0
  ip link set eth0 up
  start_daemons
  install -m 755 "$HERE/systemctl.sh" /usr/local/bin/systemctl
  install -m 755 "$FAASD" /usr/local/bin/faasd
  if [ -e /var/lib/faasd/docker-compose.yaml ]; then
    # After a power cut: what is enabled is started.
    for unit in faasd-provider arduino-trader-redis faasd; do systemctl start "$unit"; done
  else
    # Images of faasd's own services, which come from registries outside.
    for image in "$IMAGES"/*.tar; do ctr -n openfaas images import "$image"; done >/var/log/install.log 2>&1
    (cd "$FAASD_FILES" && faasd install) >>/var/log/install.log 2>&1
  fi
  touch "$FOLDER/up"
  # A first process: it waits for those whose parents ended before them.
  while :; do sleep 1 & wait $! || true; done
}

case $COMMAND in
  run)
    rm -f "$FOLDER/up"
    enter_group
    # Ends with the process that started it.
    exec setpriv --pdeathsig KILL unshare --mount --net --uts --ipc --cgroup --pid --fork --kill-child --mount-proc --propagation private \
      bash "${BASH_SOURCE[0]}" init "$NAME" "$FOLDER" "$ADDRESS"
    ;;
  init) init ;;
esac
