#!/bin/sh
# The lab's own Docker Engine, apart from any other on this machine: own socket, data, bridge and network.
#   engine.sh up PID     starts it unless it runs, and notes that process PID uses it
#   engine.sh down PID   forgets PID, clears what dead users left, and stops the engine after the last user
# Engine and plugins are Debian's, unpacked into the cache folder; nothing is installed system-wide but small tools.
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

install_engine() {
  [ -x "$prefix/usr/sbin/dockerd" ] && [ -f "$prefix/.complete" ] && return
  need ip iproute2 iptables iptables mmdebstrap mmdebstrap openssl openssl curl curl
  say "fetching Docker Engine, Compose, buildx and a registry from Debian into $prefix"
  debs=$lab/debs
  mkdir -p "$debs" "$prefix"
  apt_private sid "$debs" update
  apt_private sid "$debs" download docker.io docker-cli docker-compose docker-buildx containerd docker-registry tini-static
  # sid's runc wants a newer libc than the machine may have.
  apt_private bookworm "$debs" update
  apt_private bookworm "$debs" download runc
  for deb in "$debs"/*.deb; do dpkg -x "$deb" "$prefix"; done
  # A private DOCKER_CONFIG hides the system's plugin folders from docker.
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  ln -sf "$prefix"/usr/libexec/docker/cli-plugins/* "$DOCKER_CONFIG/cli-plugins/"
  touch "$prefix/.complete"
}

running() { docker version >/dev/null 2>&1; }

start_engine() {
  running && return
  ip link show slipway0 >/dev/null 2>&1 || ip link add slipway0 type bridge
  ip addr replace 10.213.0.1/24 dev slipway0
  ip link set slipway0 up
  cat >"$lab/daemon.json" <<JSON
{ "insecure-registries": ["$registry"], "log-opts": { "max-size": "10m" },
  "default-address-pools": [{ "base": "10.214.0.0/16", "size": 24 }] }
JSON
  rm -f "$run/docker.pid"
  setsid dockerd --host "unix://$sock" --data-root "$lab/data" --exec-root "$run/exec" --pidfile "$run/docker.pid" \
    --bridge slipway0 --config-file "$lab/daemon.json" --log-level warn \
    --init-path "$prefix/usr/bin/docker-init" --userland-proxy-path "$prefix/usr/sbin/docker-proxy" \
    >"$lab/dockerd.log" 2>&1 </dev/null 9>&- &
  tries=0
  until running; do
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || { tail -n 20 "$lab/dockerd.log" >&2; die 'the Docker Engine did not start'; }
    sleep 0.1
  done
  docker network inspect "$network" >/dev/null 2>&1 ||
    docker network create --subnet "$subnet.0/24" --ip-range "$subnet.128/25" "$network" >/dev/null
}

# Containers and volumes carry the PID of the process that made them; what a dead one left is removed here.
clear_dead() {
  docker ps -a --filter label=slipway.lab.owner --format '{{.ID}} {{.Label "slipway.lab.owner"}}' |
    while read -r id owner; do
      kill -0 "$owner" 2>/dev/null && continue
      docker rm -f -v "$id" >/dev/null
    done
  docker volume ls --filter label=slipway.lab.owner --format '{{.Name}} {{.Label "slipway.lab.owner"}}' |
    while read -r name owner; do
      kill -0 "$owner" 2>/dev/null || docker volume rm -f "$name" >/dev/null
    done
  for lease in "$run"/lease-*; do
    [ -e "$lease" ] || continue
    kill -0 "${lease##*-}" 2>/dev/null || rm -f "$lease"
  done
}

stop_engine() {
  docker ps -aq | xargs -r docker rm -f -v >/dev/null
  docker network rm "$network" >/dev/null 2>&1 || true
  pid=$(cat "$run/docker.pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  umount "$run/exec/netns/default" 2>/dev/null || true
  ip link del slipway0 2>/dev/null || true
}

command=${1:?up or down} user=${2:?the PID of the user}
exec 9>"$run/lock"
flock 9
case $command in
  up)
    # What the tests and the demo themselves call.
    need ssh openssh-client busybox busybox
    install_engine
    start_engine
    : >"$run/lease-$user"
    clear_dead
    sh "$(dirname "$0")/images.sh"
    ;;
  down)
    rm -f "$run/lease-$user"
    running || exit 0
    clear_dead
    ls "$run"/lease-* >/dev/null 2>&1 || stop_engine
    ;;
  *) die "unknown command: $command" ;;
esac
