#!/bin/sh
# A BuildKit of its own in the lab's engine, which can do what the engine's built-in one cannot: several platforms, attestations,
# a cache in the registry, a push by digest. It is what docker/setup-buildx-action gives a job on a hosted runner.
#   builder.sh NAME [PID]   starts it unless it runs, and prints its address; one of process PID has a cache of its own and goes with it
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

name=${1:?the name of the builder} owner=${2-}

exec 9>"$run/builder-lock"
flock 9
if [ "$(docker inspect -f '{{.State.Running}}' "$name" 2>/dev/null)" != true ]; then
  docker rm -f "$name" >/dev/null 2>&1 || true
  if [ -n "$owner" ]; then start_builder "$name" --label "$lab_name.owner=$owner"
  else start_builder "$name" --volume "$name:/var/lib/buildkit"; fi
  tries=0
  until builder_answers "$name"; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { docker logs --tail 20 "$name" >&2; die 'the builder did not start'; }
    sleep 0.1
  done
fi
builder_address "$name"
