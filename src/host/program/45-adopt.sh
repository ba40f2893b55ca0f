# shellcheck shell=dash
# Adoption: containers that no release of this ledger made cannot be made again as they were. So what has to stop of them is set aside,
# whole, until the release is committed, and is started again when it is undone.

# by_hand SERVICE...: those of the services that have such containers; made SERVICE...: the others.
by_hand() { for service; do [ -z "$(planned_for adopt "$service")" ] || printf '%s\n' "$service"; done; }
made() { for service; do [ -n "$(planned_for adopt "$service")" ] || printf '%s\n' "$service"; done; }

# set_aside SERVICE...: stopped, and kept from starting with the engine, since two of them on one volume would spoil it.
set_aside() {
  for service; do
    old_of "$service" | {
      while IFS=$tab read -r id name; do
        note aside "$service" "$id" "$name" "$(docker inspect --format \
          "{{.State.Running}}$tab{{.HostConfig.RestartPolicy.Name}}{{with .HostConfig.RestartPolicy.MaximumRetryCount}}:{{.}}{{end}}" "$id")"
        { docker update --restart no "$id" && docker stop "$id"; } >>"journal/$tx.out" 2>&1 &
      done
      wait
    }
  done
}

# take_over SERVICE...: the new containers in the place of those set aside. They are made while the old ones still serve, without their
# container_name, of which there can be one only.
take_over() {
  [ $# -gt 0 ] || return 0
  sed '/^      "container_name": /d' "releases/$composed/compose.json" | create - "$@" || return 1
  for service; do note step "$service" 'stopping what was started by hand'; done
  began_taking=$(uptime_s)
  set_aside "$@"
  look
  rename_new "$@"
  ids=
  for service; do
    new_of "$service" | each new "$service" >>"journal/$tx"
    ids="$ids $(new_of "$service" | cut -f1)"
  done
  # shellcheck disable=SC2086 # a list of ids; none when the service shall have no container
  [ -z "${ids# }" ] || docker start $ids >>"journal/$tx.out" 2>&1 || { failure "$*" 'could not be started'; return 1; }
  all_healthy "$@" || return 1
  note step "$*" "adopted; it did not answer for $(uptime_s | awk -v began="$began_taking" '{ printf "%.1f", $1 - began }') s"
}

uptime_s() { cut -d ' ' -f 1 /proc/uptime; }

# rename_new SERVICE...: gives new containers the container_name that the Compose file asks for.
rename_new() {
  for service; do
    wanted=$(planned_for adopt "$service")
    [ "$wanted" != - ] || continue
    old_of "$service" | while IFS=$tab read -r id name; do [ "$name" != "$wanted" ] || docker rename "$id" "$name-$tx"; done
    new_of "$service" | while IFS=$tab read -r id _; do docker rename "$id" "$wanted"; done
    look
  done
} >>"journal/$tx.out" 2>&1

# aside: ids of what was set aside.
aside() { sed -n "s/^aside${tab}[^$tab]*$tab\([^$tab]*\).*/\1/p" "journal/$tx"; }

# put_aside_back: what was set aside serves again, under its name, as it was.
put_aside_back() {
  # shellcheck disable=SC2046,SC2086
  discard $(for service in $(by_hand $(planned stop-first)); do new_of "$service"; done | cut -f1)
  # shellcheck disable=SC2046
  set -- $(sed -n "s/^aside$tab\([^$tab]*\).*/\1/p" "journal/$tx" | sort -u)
  [ $# -gt 0 ] || return 0
  note step "$*" 'what was started by hand is started again'
  grep "^aside$tab" "journal/$tx" | {
    verdict=0
    while IFS=$tab read -r _ _ id name ran policy; do
      [ "$(docker inspect --format '{{.Name}}' "$id")" = "/$name" ] || docker rename "$id" "$name"
      docker update --restart "$policy" "$id"
      [ "$ran" != true ] || docker start "$id"
      [ "$(docker inspect --format '{{.State.Running}}' "$id")" = "$ran" ] || verdict=1
    done >>"journal/$tx.out" 2>&1
    return $verdict
  }
}
