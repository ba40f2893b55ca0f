#!/bin/sh
# Brings up what the lab needs of a Docker Engine, and takes it away again.
#   engine.sh up PID     starts what does not run, and notes that process PID uses it
#   engine.sh down PID   forgets PID, clears what dead users left, and stops what was started after the last user
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

# Containers and volumes carry the PID of the process that made them; what a dead one left is removed here.
clear_dead() {
  docker ps -a --filter "label=$lab_name.owner" --format '{{.ID}} {{.Label "'"$lab_name"'.owner"}}' |
    while read -r id owner; do
      kill -0 "$owner" 2>/dev/null && continue
      docker rm -f -v "$id" >/dev/null
    done
  docker volume ls --filter "label=$lab_name.owner" --format '{{.Name}} {{.Label "'"$lab_name"'.owner"}}' |
    while read -r name owner; do
      kill -0 "$owner" 2>/dev/null || docker volume rm -f "$name" >/dev/null
    done
  for lease in "$run"/lease-*; do
    [ -e "$lease" ] || continue
    kill -0 "${lease##*-}" 2>/dev/null || rm -f "$lease"
  done
}

command=${1:?up or down} user=${2:?the PID of the user}
exec 9>"$run/lock"
flock 9
case $command in
  up)
    start_engine
    : >"$run/lease-$user"
    clear_dead
    sh "$here/images.sh"
    ;;
  down)
    rm -f "$run/lease-$user"
    running || exit 0
    clear_dead
    ls "$run"/lease-* >/dev/null 2>&1 || stop_engine
    ;;
  *) die "unknown command: $command" ;;
esac
