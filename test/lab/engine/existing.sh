# shellcheck shell=dash disable=SC2034,SC2154
# The Docker Engine that is here already, as whoever may use it: no root, nothing is installed, and nothing is touched but what begins with the
# name of the lab, or lies in the lab's registry. The engine may be in a machine of its own (Docker Desktop): no path
# of this one means anything to it, and its containers are reached through ports on the loopback only.
# Base images come from a registry: Docker Hub, or the one (with a prefix) that SLIPWAY_BASE_IMAGES names.

lab=$cache/laptop
run=$lab/run
bases=${SLIPWAY_BASE_IMAGES:+${SLIPWAY_BASE_IMAGES%/}/}
# One address for this machine, the engine, a BuildKit and the engines of the hosts: each of them finds the registry on its own loopback.
registry=127.0.0.1:10213
registry_args="--publish $registry:${registry#*:} --add-host host.docker.internal:host-gateway"
host_args="--env REGISTRY=$registry --env REGISTRY_AT=$lab_name-registry --add-host host.docker.internal:host-gateway"

# The lab logs in to its registry apart from the user's own logins, which are for pulling.
user_config=${DOCKER_CONFIG:-$HOME/.docker}
export DOCKER_CONFIG="$lab/docker-config"

start_engine() {
  for tool in ssh openssl curl flock; do
    command -v "$tool" >/dev/null || die "missing: $tool. Install it, and run this again"
  done
  mkdir -p "$DOCKER_CONFIG/cli-plugins"
  for plugin in "$user_config"/cli-plugins/*; do
    [ ! -e "$plugin" ] || [ "$user_config" = "$DOCKER_CONFIG" ] || ln -sf "$plugin" "$DOCKER_CONFIG/cli-plugins/"
  done
  for plugin in compose buildx; do
    docker "$plugin" version >/dev/null 2>&1 || die "missing: docker $plugin, a plugin of the docker command"
  done
  docker network inspect "$network" >/dev/null 2>&1 && return
  # Addresses can be given in a network with a subnet of ours only; which one is free is the engine's to say.
  docker network create "$network" >/dev/null
  subnet=$(docker network inspect -f '{{(index .IPAM.Config 0).Subnet}}' "$network")
  docker network rm "$network" >/dev/null
  docker network create --subnet "$subnet" --ip-range "${subnet%.*}.128/25" "$network" >/dev/null
}

# The engine goes on; images, volumes and the build cache make the next start a short one.
stop_engine() {
  docker ps -aq --filter "name=^$lab_name" | xargs -r docker rm -f -v >/dev/null
  docker network rm "$network" >/dev/null
  docker image ls --digests --format '{{.Repository}}{{if eq .Tag "<none>"}}@{{.Digest}}{{else}}:{{.Tag}}{{end}}' \
    --filter "reference=$registry/*/*" --filter "reference=$registry/*/*/*" | xargs -r docker rmi >/dev/null
}

# pull REFERENCE: with the logins that the user has.
pull() {
  say "pulling $bases$1"
  DOCKER_CONFIG=$user_config docker pull -q "$bases$1" >/dev/null
}

# bare NAME SUITE PACKAGE...: the image slipway-lab/NAME.bare, a minimal Debian with PACKAGEs.
bare() {
  name=$1 suite=$2
  shift 2
  pull "debian:$suite-slim"
  docker build -q -t "slipway-lab/$name.bare" - >/dev/null <<DOCKERFILE
FROM ${bases}debian:$suite-slim
RUN apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $* && \
    rm -rf /var/lib/apt/lists/*
DOCKERFILE
}

host_lines() { :; }

# The official ones, as the examples name them.
base_images() {
  official node node:24-bookworm-slim
  official nginx nginx:1.29-alpine
  official redis redis:7-alpine
  # The version of tools/buildkitd.
  official buildkit moby/buildkit:v0.25.2
}

official() {
  have "slipway-lab/$1" && return
  pull "$2"
  echo "FROM $bases$2" | docker build -q -t "slipway-lab/$1" --label "slipway.lab.key=$key" - >/dev/null
}

# builder_address NAME
builder_address() { echo "docker-container://$1"; }

# start_builder NAME ARGUMENT...: with these arguments to `docker create`. It shares the registry's network, so that the registry's address is
# the right one for it, too. What it has to know is copied: the engine cannot mount it.
start_builder() {
  name=$1
  shift
  mkdir -p "$lab/buildkit"
  printf '[registry."%s"]\n  http = false\n  ca = ["/etc/buildkit/ca.crt"]\n' "$registry" >"$lab/buildkit/buildkitd.toml"
  cp "$lab/tls/ca.crt" "$lab/buildkit/"
  docker create --name "$name" "$@" --privileged --network "container:$lab_name-registry" slipway-lab/buildkit >/dev/null
  docker cp -q "$lab/buildkit" "$name:/etc/"
  docker start "$name" >/dev/null
}

builder_answers() { docker exec "$1" buildctl debug workers >/dev/null 2>&1; }
