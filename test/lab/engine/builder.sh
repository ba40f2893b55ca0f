#!/bin/sh
# A BuildKit of its own in the lab's engine, which can do what the engine's built-in one cannot: several platforms, attestations,
# a cache in the registry, a push by digest. It is what docker/setup-buildx-action gives a job on a hosted runner.
#   builder.sh NAME [PID]   starts it unless it runs, and prints its address; one of process PID has a cache of its own and goes with it
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

name=${1:?the name of the builder} owner=${2-}
folder=$run/$name
config=$lab/buildkitd.toml

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

answers() { [ "$(docker inspect -f '{{.State.Running}}' "$name" 2>/dev/null)" = true ]; }

start_builder() {
  answers && return
  docker rm -f "$name" >/dev/null 2>&1 || true
  mkdir -p "$folder"
  rm -f "$folder/buildkitd.sock"
  cat >"$config" <<TOML
[registry."$registry"]
  ca = ["/lab/tls/ca.crt"]
TOML
  keep="--volume $name:/var/lib/buildkit"
  [ -z "$owner" ] || keep="--label slipway.lab.owner=$owner"
  # shellcheck disable=SC2086 # options of our own
  docker run -d --name "$name" $keep --privileged --network "$network" --tmpfs /run \
    -v "$lab:/lab:ro" -v "$folder:/socket" -v "$buildkitd:/usr/bin/buildkitd:ro" \
    -v "$lab/qemu-aarch64:/usr/bin/buildkit-qemu-aarch64:ro" --entrypoint /usr/bin/tini-static slipway-lab/host:sid -- \
    buildkitd --addr unix:///socket/buildkitd.sock --config /lab/buildkitd.toml --root /var/lib/buildkit >/dev/null
  tries=0
  until [ -S "$folder/buildkitd.sock" ]; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { docker logs --tail 20 "$name" >&2; die 'the builder did not start'; }
    sleep 0.1
  done
}

buildkitd=$(sh "$(dirname "$0")/../../../scripts/tool.sh" buildkitd)
exec 9>"$run/builder-lock"
flock 9
emulator
start_builder
echo "unix://$folder/buildkitd.sock"
