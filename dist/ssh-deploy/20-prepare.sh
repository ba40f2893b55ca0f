# shellcheck shell=dash
# Before anything changes: is this host fit, what does the Compose file mean here, are the images there?

# Unpacks the Compose files and reports what they mean on this host, with this Compose and these variables.
verb_prepare() {
  incoming=incoming/$tx
  emit root "$root"
  emit current "$(named "$(current_release)")"
  tools || { take "$size" >/dev/null; preflight; return 1; }
  why=$(mkdir -p "$incoming" 2>&1) || unwritable
  why=$(take "$size" | tar -xpf - -C "$incoming" 2>&1) || unwritable
  settle || return 1
  # Compose and the engine take a tenth of a second each to answer: they are asked side by side.
  set --
  if [ -n "$project" ]; then
    known_project
    set -- -p "$project"
  fi
  while IFS= read -r file; do
    [ -z "$file" ] || set -- "$@" -f "$incoming/src/$file"
  done <<EOT
$compose
EOT
  resolve_compose "$@"
  # From here on the values live in compose.json of the release alone.
  rm -rf "$incoming"
  return "$fit"
}

# known_project: the name that the project has on this host already: that of the release which it serves; else that of what runs there, by
# its labels: what was released as this environment, wherever its ledger is; or what somebody started by hand under one of the two names that
# are ours by right, `<app>-<environment>` and `<app>` (Compose's own, in a folder of that name).
known_project() {
  if [ -f current/compose.json ]; then
    project=$(project_of current)
    return
  fi
  found=$(docker ps -a --filter label=com.docker.compose.project --format \
    "{{.Label \"com.docker.compose.project\"}}$tab{{.Label \"slipway.release\"}}$tab{{.Label \"slipway.environment\"}}" 2>/dev/null |
    awk -F "$tab" -v environment="$environment" -v usual="$project" -v short="${environment%%/*}" '
      $3 == environment { same = $1 }
      $2 == "" { hand[$1] }
      $2 != "" { ours[$1] }
      END {
        if (same == "" && usual in hand && !(usual in ours)) same = usual
        if (same == "" && short in hand && !(short in ours)) same = short
        print same
      }')
  project=${found:-$project}
}

# unwritable: without a place for it, the payload would be taken for the next request. $why says why there is none.
unwritable() { preflight; refuse not-writable "$root" "$(printf '%s' "$why" | flat)"; exit 1; }

# resolve_compose ARGUMENT...: what the files mean; and meanwhile, is this host fit? Both are told, whatever comes of the other.
resolve_compose() {
  # Variables of the login shell must neither fill a gap in the release's environment nor win over it.
  env -i PATH="$PATH" HOME="$HOME" ${DOCKER_CONFIG:+DOCKER_CONFIG="$DOCKER_CONFIG"} \
    docker compose --env-file "$incoming/src/.env" "$@" config --format json >"$tmp/model" 2>"$tmp/warnings" </dev/null &
  resolving=$!
  preflight
  fit=$?
  if wait "$resolving"; then
    each warning <"$tmp/warnings"
    each model <"$tmp/model"
    return
  fi
  fit=1
  if [ -n "$compose_version" ] || docker compose version >/dev/null 2>&1; then
    refuse compose-invalid "$(flat <"$tmp/warnings")"
  else
    refuse compose-missing 'docker compose' "$(command -v docker-compose)"
  fi
}

# Makes the images be here, and reports what runs. Without a login from the runner, the host pulls with its own.
verb_pull() {
  registry_config=''
  if [ -n "$auth" ]; then
    # A throw-away DOCKER_CONFIG in memory: the password is never written to a disk.
    for memory in "${XDG_RUNTIME_DIR:-}" /dev/shm; do
      [ -n "$memory" ] && [ -w "$memory" ] && break
    done
    registry_config=$(mktemp -d "$memory/slipway.XXXXXX" 2>/dev/null) || { refuse memory-missing "$memory"; return 1; }
    printf '%s' "$auth" >"$registry_config/config.json"
  fi
  failed=$tmp/pull-failed
  report >"$tmp/report" &
  reporting=$!
  if all_here; then
    forget_login
    wait "$reporting"
    cat "$tmp/report"
    return
  fi
  while IFS= read -r ref; do
    [ -z "$ref" ] || pull_one "$ref" &
  done <<EOT
$image
EOT
  wait
  forget_login
  [ ! -e "$failed" ] && cat "$tmp/report"
}

forget_login() { [ -z "$registry_config" ] || rm -rf "$registry_config"; }

about='{{.Architecture}} {{join .RepoDigests " "}}'

# all_here: one question for all images, as long as none is missing: the answers come in the order of the questions.
all_here() {
  [ -z "$credential" ] || return 1
  set --
  while IFS= read -r ref; do [ -z "$ref" ] || set -- "$@" "$ref"; done <<EOT
$image
EOT
  facts=$(docker image inspect --format "$about" "$@" 2>/dev/null) || return 1
  printf '%s\n' "$facts" | while IFS= read -r fact; do
    emit image "$1" "$fact"
    shift
  done
}

# pull_one IMAGE: pulls what is not here. To prove the host's own credential, the registry is asked for what is here, too, as a cold
# rollback will have to; docker pull asks nobody for a digest that it has.
pull_one() {
  if ! facts=$(docker image inspect --format "$about" "$1" 2>/dev/null); then
    emit pulling "$1"
    from_registry "$1" docker pull -q "$1" || return 1
    facts=$(docker image inspect --format "$about" "$1")
  elif [ -n "$credential" ]; then
    case $1 in *@*) from_registry "$1" docker manifest inspect "$1" || return 1 ;; esac
  fi
  emit image "$1" "$facts"
}

# from_registry IMAGE COMMAND...: the command with the login of this transaction, else with the host's own.
from_registry() {
  ref=$1
  shift
  words=$(DOCKER_CONFIG=${registry_config:-${DOCKER_CONFIG:-$HOME/.docker}} timeout 1800 "$@" 2>&1 </dev/null) ||
    { : >"$failed"; refuse pull-failed "$ref" "$(printf '%s' "$words" | flat)"; return 1; }
}

# What is here: the current release with what it says about itself, what is kept, the containers of the project, and of others which ports
# they hold, and which of them somebody started by hand.
report() {
  emit current "$(named "$(current_release)")"
  [ ! -f current/settings.json ] || each settings <current/settings.json
  [ ! -f current/compose.json ] || emit project "$(project_of current)"
  for kept in releases/*/compose.json; do
    [ ! -f "$kept" ] || { kept=${kept#releases/}; emit kept "${kept%/compose.json}"; }
  done
  docker ps -a --no-trunc --format "{{.Label \"com.docker.compose.project\"}}$tab{{.Label \"com.docker.compose.oneoff\"}}$tab{{.Ports}}$tab{{.ID}}$tab{{.Names}}$tab{{.Label \"com.docker.compose.service\"}}$tab{{.State}}$tab{{.Label \"slipway.fingerprint\"}}$tab{{.Label \"slipway.release\"}}$tab{{.Label \"slipway.root\"}}$tab{{.Image}}" >"$tmp/ps"
  awk -F "$tab" -v OFS="$tab" -v project="$project" '
    $1 == project && $2 != "True" { print "container", $4, $5, $6, $7, $8, $9, $10 }
    $1 != project && $3 ~ /->/ { print "port", $5, $1, $3 }
    $1 != project && $1 != "" && $9 == "" && $2 != "True" { print "stranger", $1, $6, $11 }' "$tmp/ps"
  # shellcheck disable=SC2046 # a list of ids
  mounts $(awk -F "$tab" -v project="$project" '$1 == project && $2 != "True" && $9 == "" { print $4 }' "$tmp/ps")
}

# mounts ID...: what containers that somebody started by hand keep outside of themselves; and which files there are in folders of the host
# that they may write to (the first thousand; `?` stands for what this user cannot see).
mounts() {
  [ $# -gt 0 ] || return 0
  docker inspect --format "{{\$service := index .Config.Labels \"com.docker.compose.service\"}}{{range .Mounts}}mount$tab{{\$service}}$tab{{json .}}{{println}}{{end}}" "$@" | grep .
  docker inspect --format '{{range .Mounts}}{{if and .RW (eq .Type "bind")}}{{println .Source}}{{end}}{{end}}' "$@" | sort -u |
    while IFS= read -r folder; do
      [ -d "$folder" ] || [ ! -e "$folder" ] || continue
      emit held "$folder" .
      { (cd "$folder" && timeout 5 find . -xdev ! -type d) 2>/dev/null || echo '?'; } | head -n 1000 | each held "$folder"
    done
}
