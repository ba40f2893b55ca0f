# shellcheck shell=dash
# New containers: made beside the old ones, kept out of the network's names until they are proven, watched until healthy.

# planned ACTION [LEVEL]: the services of the plan with that action.
planned() {
  awk -F "$tab" -v action="$1" -v level="${2:-}" \
    '$1 == "service" && $3 == action && (level == "" || $4 == level) { print $2 }' "journal/$tx.plan"
}

replicas_of() { awk -F "$tab" -v name="$1" '$1 == "service" && $2 == name { print $5 }' "journal/$tx.plan"; }

proxy_service() { sed -n "s/^proxy$tab//p" "journal/$tx.plan"; }

# remember_old: every container that this transaction may replace. What is of such a service and not in this list is new, even
# when we died before we could say so.
remember_old() {
  for service in $(planned start-first) $(planned stop-first) $(planned remove); do
    containers "$service" | each old "$service" >>"journal/$tx"
  done
}

old_of() { said old "$1"; }

new_of() {
  containers "$1" | while IFS=$tab read -r id name; do
    old_of "$1" | grep -q "^$id$tab" || printf '%s\t%s\n' "$id" "$name"
  done
}

# create FILE SERVICE...: new containers beside the old ones, by this Compose file (`-` is stdin). --scale counts every container there is, so that Compose
# makes just the missing ones; --no-recreate leaves the old ones alone.
create() {
  model=$1
  shift
  scales=
  for service; do scales="$scales --scale $service=$(($(old_of "$service" | grep -c .) + $(replicas_of "$service")))"; done
  # shellcheck disable=SC2086 # names are checked by the runner: letters, digits, dot, dash, underscore
  compose_with "$model" up --no-start --no-deps --no-recreate --no-build $scales "$@" || { failure "$*" 'could not be created'; return 1; }
}

# create_new: all start-first services at once.
create_new() {
  services=$(planned start-first)
  [ -n "$services" ] || return 0
  # shellcheck disable=SC2086
  create "releases/$composed/compose.json" $services </dev/null || return 1
  look
  for service in $services; do
    new_of "$service" | each new "$service" >>"journal/$tx"
  done
  awk -F "$tab" '$1 == "new" { print $3 }' "journal/$tx" | {
    while IFS= read -r id; do
      anonymous "$id" &
      health_check "$id" &
    done
    wait
  }
}

# anonymous ID: Compose lets a container answer for its service's name at once; an unproven one must not.
anonymous() {
  printf '%s\n' "$seen" | awk -F "$tab" -v id="$1" '$1 == id { print $5 }' | tr , '\n' | {
    while IFS= read -r network; do rejoin "$1" "$network" & done
    wait
  }
}

# rejoin ID NETWORK ALIAS...: in that network the container answers for these names alone.
rejoin() {
  id=$1 network=$2 names=
  shift 2
  for alias; do names=${names:+$names,}\"$alias\"; done
  plain "$id" "$network" ${1+"$@"} &&
    call "networks/$network/disconnect" "{\"Container\":\"$id\"}" \
      "networks/$network/connect" "{\"Container\":\"$id\",\"EndpointConfig\":{\"Aliases\":[$names]}}" && return
  left=$#
  while [ "$left" -gt 0 ]; do
    set -- "$@" --alias "$1"
    shift
    left=$((left - 1))
  done
  docker network disconnect "$network" "$id"
  docker network connect "$@" "$network" "$id"
} >>"journal/$tx.out" 2>&1

# join_names: where the proxy does not answer for a service's name, the proven container does so itself.
join_names() {
  grep "^join$tab" "journal/$tx.plan" | while IFS=$tab read -r _ service network aliases; do
    said new "$service" | while IFS=$tab read -r id _; do
      # shellcheck disable=SC2046 # names are checked by the runner
      rejoin "$id" "$network" $(echo "$aliases" | tr , ' ')
    done
  done
}

# start_new LEVEL: starts the new containers of a level and waits until each is healthy.
start_new() {
  ids=
  for service in $(planned start-first "$1"); do
    ids="$ids $(said new "$service" | cut -f1)"
  done
  [ -n "$ids" ] || return 0
  # shellcheck disable=SC2086 # a list of ids
  docker start $ids >>"journal/$tx.out" 2>&1 || { failure "$(planned start-first "$1" | tr '\n' ' ')" 'could not be started'; return 1; }
  # shellcheck disable=SC2046
  watch $(planned start-first "$1")
  # shellcheck disable=SC2046
  announce $(planned start-first "$1") && watched
}

# watch SERVICE...: starts to watch their new containers, side by side; watched waits until all are healthy or one is not.
watch() {
  watchers=
  for service; do
    for id in $(new_of "$service" | cut -f1); do
      healthy "$service" "$id" &
      watchers="$watchers $!"
    done
  done
}

watched() {
  verdict=0
  for watcher in $watchers; do wait "$watcher" || verdict=1; done
  return $verdict
}

all_healthy() {
  watch "$@"
  watched
}

# health_check ID: notes the health check of a container: its Test, one word a line; nothing when it has none, or when a word has lines of its
# own: it would be taken for several.
health_check() {
  docker inspect --format '{{with .Config.Healthcheck}}{{len .Test}}{{range .Test}}{{printf "\n%s" .}}{{end}}{{end}}' "$1" 2>/dev/null |
    awk 'NR == 1 { words = $1; next } NR == 2 { kind = $0 } { text = text $0 "\n" }
      END { if (NR == words + 1 || kind == "CMD-SHELL") printf "%s", text }' >"journal/$tx.check.$1"
}

# healthy SERVICE ID: waits until Docker calls the container healthy, or its own health check passes when we run it: the same
# command, asked at once instead of after its first interval. Without a health check it must have run for three seconds.
healthy() {
  began=$(date +%s) pause=0.05 tries=0
  [ -f "journal/$tx.check.$2" ] || health_check "$2"
  probe=$(cat "journal/$tx.check.$2")
  until asked "$2" "$probe"; do
    tries=$((tries + 1))
    # Most services boot within moments; why one has not is worth a question only later.
    [ "$tries" -gt 2 ] || [ -z "$probe" ] || { sleep $pause; continue; }
    IFS=' ' read -r state health restarts <<EOT
$(docker inspect --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}} {{.RestartCount}}' "$2" 2>&1)
EOT
    age=$(($(date +%s) - began))
    case $state/$health/$restarts in
      running/healthy/*) break ;;
      running/none/0) [ "$age" -lt 3 ] || break ;;
      running/starting/0 | created/*) ;;
      running/unhealthy/*) unhealthy "$1" "$2" 'its health check fails'; return 1 ;;
      */0) unhealthy "$1" "$2" "it ended with exit code $(docker inspect --format '{{.State.ExitCode}}' "$2")"; return 1 ;;
      *) unhealthy "$1" "$2" 'it ended and was restarted'; return 1 ;;
    esac
    [ "$age" -lt "$health_timeout" ] || { unhealthy "$1" "$2" "not healthy after $health_timeout s"; return 1; }
    sleep $pause
    case $pause in 0.05) pause=0.1 ;; 0.1) pause=0.2 ;; 0.2) pause=0.4 ;; *) pause=1 ;; esac
  done
  note step "$1" 'healthy'
}

# asked ID PROBE: runs the health check of the container (its Test, one word a line) in it.
asked() {
  kind_of=$(printf '%s\n' "$2" | head -n 1) words=$(printf '%s\n' "$2" | tail -n +2)
  case $kind_of in
    CMD-SHELL) timeout 10 docker exec "$1" /bin/sh -c "$words" ;;
    CMD)
      set -- "$1"
      while IFS= read -r word; do set -- "$@" "$word"; done <<EOT
$words
EOT
      timeout 10 docker exec "$@"
      ;;
    *) false ;;
  esac >/dev/null 2>&1 </dev/null
}

# unhealthy SERVICE ID WHY: what a person needs to see, before the container is gone.
unhealthy() {
  note failed "$1" "$3"
  docker inspect --format '{{if .State.Health}}{{range .State.Health.Log}}{{println .ExitCode .Output}}{{end}}{{end}}' "$2" 2>/dev/null |
    grep . | tail -n 5 | cut -c1-500 | each log "$1 health check" >>"journal/$tx"
  docker logs --tail 40 "$2" 2>&1 | cut -c1-500 | each log "$1" >>"journal/$tx"
}

# stop_first SERVICE...: what cannot run twice is stopped, made anew and watched.
stop_first() {
  [ $# -gt 0 ] || return 0
  hidden=$*
  announce "$@" || return 1
  hidden=
  note touched "$*"
  # shellcheck disable=SC2046
  take_over $(by_hand "$@") && remake $(made "$@") && announce "$@" && resolved
}

# remake SERVICE...: Compose puts a new container in the place of the old one, which is gone.
remake() {
  [ $# -gt 0 ] || return 0
  scales=
  for service; do scales="$scales --scale $service=$(replicas_of "$service")"; done
  # shellcheck disable=SC2086
  composed up -d --no-deps --force-recreate --no-build $scales "$@" || { failure "$*" 'could not be replaced'; return 1; }
  look
  all_healthy "$@"
}

# one_shot SERVICE...: each must end with exit code 0, within half an hour.
one_shot() {
  for service; do
    note step "$service" 'running once'
    timeout -k 10 1800 docker compose -p "$project" -f "releases/$composed/compose.json" run --rm --no-deps -T "$service" \
      </dev/null >>"journal/$tx.out" 2>&1 || { failure "$service" "ended with exit code $?"; return 1; }
  done
}

# discard ID...: stopped with the grace period each was made with, then removed.
discard() {
  [ $# -gt 0 ] || return 0
  for id; do docker stop "$id" >>"journal/$tx.out" 2>&1 & done
  wait
  docker rm -f "$@" >>"journal/$tx.out" 2>&1
}
