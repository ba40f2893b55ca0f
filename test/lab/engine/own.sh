# shellcheck shell=dash disable=SC2034,SC2154
# A Docker Engine of the lab's own, apart from any other on this machine: own socket, data, bridge and network. It wants root.
# Engine and plugins are Debian's, unpacked into the cache folder; nothing is installed system-wide but small tools. Base images are
# made of Debian's packages, since nothing can be pulled.

lab=$cache/lab
prefix=$lab/prefix
run=/run/slipway-lab
sock=$run/docker.sock
subnet=10.213.1
registry=$subnet.2:5000
# Added to `docker run` for the registry and for a host.
registry_args="--ip ${registry%:*}"
host_args=

export DOCKER_HOST="unix://$sock" DOCKER_CONFIG="$lab/docker-config"
export PATH="$prefix/usr/bin:$prefix/usr/sbin:$PATH:/usr/sbin:/sbin"

[ "$(id -u)" = 0 ] ||
  die "no Docker Engine answers here ('docker version'), and one of the lab's own wants root: start Docker, or be root"

# The machine's own Debian mirror: only the suite is ours to choose.
mirror() {
  for list in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    [ -f "$list" ] || continue
    sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\(http[^ ]*\).*/\2/p' "$list" | head -n 1
    return
  done
  echo http://deb.debian.org/debian
}

# need COMMAND PACKAGE ...: installs what this machine lacks, system-wide, and says so.
need() {
  missing=
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
    shift 2
  done
  [ -n "$missing" ] || return 0
  say "installing from Debian:$missing"
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086 # a list of package names of our own
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# apt_private SUITE DIR ARGUMENT...: apt-get with a root of its own, so that another suite's packages can be fetched.
apt_private() {
  suite=$1 root=$lab/apt-$1 dir=$2
  shift 2
  mkdir -p "$root/lists/partial" "$root/state" "$root/archives/partial"
  : >"$root/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" >"$root/sources.list"
  (cd "$dir" && apt-get -qq -o Dir::State="$root/state" -o Dir::State::status="$root/status" \
    -o Dir::State::lists="$root/lists" -o Dir::Cache::archives="$root/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Etc::sourcelist="$root/sources.list" \
    -o Dir::Etc::sourceparts=- -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root "$@")
}

# The docker command is that of trixie: sid's takes three times as long to start (28.5.2: 32 ms instead of 10; go-runewidth fills a table
# first), and a run of the tests starts it some 8,000 times.
install_engine() {
  [ -x "$prefix/usr/sbin/dockerd" ] && [ -f "$prefix/.complete-trixie" ] && return
  need ip iproute2 iptables iptables mmdebstrap mmdebstrap openssl openssl curl curl
  say "fetching Docker Engine, Compose and buildx from Debian into $prefix"
  debs=$lab/debs
  rm -rf "$debs"
  mkdir -p "$debs" "$prefix"
  apt_private sid "$debs" update
  apt_private sid "$debs" download docker.io docker-compose docker-buildx containerd tini-static
  apt_private trixie "$debs" update
  apt_private trixie "$debs" download docker-cli
  # sid's runc wants a newer libc than the machine may have.
  apt_private bookworm "$debs" update
  apt_private bookworm "$debs" download runc
  for deb in "$debs"/*.deb; do dpkg -x "$deb" "$prefix"; done
  # A private DOCKER_CONFIG hides the system's plugin folders from docker.
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  ln -sf "$prefix"/usr/libexec/docker/cli-plugins/* "$DOCKER_CONFIG/cli-plugins/"
  touch "$prefix/.complete-trixie"
}

start_engine() {
  # What the tests and the demo themselves call.
  need ssh openssh-client busybox busybox
  install_engine
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

stop_engine() {
  docker ps -aq | xargs -r docker rm -f -v >/dev/null
  docker network rm "$network" >/dev/null 2>&1 || true
  pid=$(cat "$run/docker.pid")
  kill "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.1; done
  umount "$run/exec/netns/default" 2>/dev/null || true
  ip link del slipway0 2>/dev/null || true
}

# bare NAME SUITE PACKAGE...: the image slipway-lab/NAME.bare, a minimal Debian with PACKAGEs.
bare() {
  name=$1 suite=$2
  shift 2
  need mmdebstrap mmdebstrap
  packages=$(IFS=,; echo "$*")
  file=$lab/image-$name.tar
  # /dev/shm makes unpacking several times faster, where there is one.
  TMPDIR=$([ -d /dev/shm ] && echo /dev/shm || echo /tmp) mmdebstrap --quiet --variant=minbase --mode=root --format=tar \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Check-Valid-Until "false"' \
    --include="$packages" "$suite" "$file" "deb $(mirror) $suite main" 2>"$file.log" ||
    { tail -n 20 "$file.log" >&2; die "mmdebstrap $suite failed"; }
  docker import "$file" "slipway-lab/$name.bare" >/dev/null
  rm -f "$file" "$file.log"
}

# What a host's image gets besides: the same docker command.
host_lines() {
  cp "$prefix/usr/bin/docker" "$lab/context/"
  echo 'COPY docker /usr/bin/'
}

base_images() {
  node_image
  nginx_image
  redis_image
}

node_image() {
  have slipway-lab/node && return
  context
  node_package=$here/../../../node_modules/node
  cp "$(readlink -f "$node_package/bin/node")" "$lab/context/node"
  cp -R "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$lab/context/npm"
  image node bookworm libstdc++6 ca-certificates <<'DOCKERFILE'
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
CMD ["node"]
DOCKERFILE
}

nginx_image() {
  context
  image nginx sid nginx-light wget <<'DOCKERFILE'
RUN rm -rf /etc/nginx/sites-enabled /etc/nginx/conf.d && mkdir /etc/nginx/conf.d && \
    ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log && \
    printf '%s\n' 'worker_processes auto;' 'events { worker_connections 4096; }' \
      'http { include mime.types; include conf.d/*.conf; }' > /etc/nginx/nginx.conf
STOPSIGNAL SIGQUIT
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
DOCKERFILE
}

redis_image() {
  context
  image redis bookworm redis-server <<'DOCKERFILE'
WORKDIR /data
EXPOSE 6379
CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data"]
DOCKERFILE
}

# Emulates arm64 for the steps of a build; BuildKit takes it by this name, and nothing is registered in the kernel.
emulator() {
  [ -x "$lab/qemu-aarch64" ] && return
  say 'fetching an emulator of arm64 from Debian'
  debs=$lab/debs
  apt_private bookworm "$debs" update
  apt_private bookworm "$debs" download qemu-user-static
  unpacked=$(mktemp -d "$lab/qemu-XXXXXX")
  dpkg -x "$debs"/qemu-user-static_*.deb "$unpacked"
  mv "$unpacked/usr/bin/qemu-aarch64-static" "$lab/qemu-aarch64"
  rm -rf "$unpacked" "$debs"/qemu-user-static_*.deb
}

# builder_address NAME
builder_address() { echo "unix://$run/$1/buildkitd.sock"; }

# start_builder NAME ARGUMENT...: a BuildKit that was compiled once, with these arguments to `docker run`.
start_builder() {
  name=$1 folder=$run/$1
  shift
  buildkitd=$(sh "$here/../../../scripts/tool.sh" buildkitd)
  emulator
  mkdir -p "$folder"
  rm -f "$folder/buildkitd.sock"
  cat >"$lab/buildkitd.toml" <<TOML
[registry."$registry"]
  ca = ["/lab/tls/ca.crt"]
TOML
  docker run -d --name "$name" "$@" --privileged --network "$network" --tmpfs /run \
    -v "$lab:/lab:ro" -v "$folder:/socket" -v "$buildkitd:/usr/bin/buildkitd:ro" \
    -v "$lab/qemu-aarch64:/usr/bin/buildkit-qemu-aarch64:ro" --entrypoint /usr/bin/tini-static slipway-lab/host -- \
    buildkitd --addr unix:///socket/buildkitd.sock --config /lab/buildkitd.toml --root /var/lib/buildkit >/dev/null
}

builder_answers() { [ -S "$run/$1/buildkitd.sock" ]; }
