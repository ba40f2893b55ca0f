# shellcheck shell=dash
# The Slipway host program. The runner sends it over SSH, nothing of it is installed; it needs sh, dd, tar, flock and Docker.
# The parts (10-core.sh ... 90-serve.sh) are joined in the order of their names. It must run in dash, bash and busybox sh.
#
# Words: a *release* is a folder under releases/; a *transaction* activates one and has a journal, journal/<tx>, whose lines are
# what the runner follows; a *verb* is one request of the runner.

umask 077
# With it, cd goes elsewhere, and says so.
unset CDPATH
LC_ALL=C
export LC_ALL
tab=$(printf '\t')
nl='
'

# Whatever came in by name lands in these, and nowhere else (see read_args).
root='' project='' environment='' tx='' release='' kind='' hold=0 drain=10 health_timeout=120 keep=5
socket='' by='' ledger='' base='' plan_size=0 size=0 compose='' auth='' image='' offset=0 decision='' until='' credential='' hidden=''

# --- telling -----------------------------------------------------------------------------------------------------------------

# emit FIELD...: one line to the runner, fields separated by tabs.
emit() {
  line=$1
  shift
  for field; do line=$line$tab$field; done
  printf '%s\n' "$line"
}

# each FIELD...: every line of stdin behind these fields. Not sed: it would leave a missing last newline missing. Not awk -v: it reads escapes.
each() { prefix=$(emit "$@" '') awk '{ print ENVIRON["prefix"] $0 }'; }

# note FIELD...: one line to the journal of this transaction, and so to whoever follows it.
note() { emit "$@" >>"journal/$tx"; }

# flat: others' text on stdin as one line of at most 500 bytes without tabs.
flat() { tr '\t\n\r' '   ' | cut -c1-500; }

# refuse ID VALUE...: nothing was changed; the runner knows each ID's sentence and its way out.
refuse() { emit refused "$@"; }

# --- reading -----------------------------------------------------------------------------------------------------------------

# take N: exactly N bytes of stdin. Not head -c: busybox's reads ahead and loses what follows [measured].
take() { [ "$1" -eq 0 ] || dd bs="$1" count=1 iflag=fullblock 2>/dev/null; }

# The arguments of a verb: lines `name value` up to an empty line. Values are data: they are only ever expanded in quotes.
read_args() {
  compose='' auth='' image='' credential=''
  while IFS= read -r argument && [ -n "$argument" ]; do
    value=${argument#* }
    case ${argument%% *} in
      root) root=$value ;;
      project) project=$value ;;
      environment) environment=$value ;;
      tx) tx=$value ;;
      release) release=$value ;;
      kind) kind=$value ;;
      hold) hold=$value ;;
      drain) drain=$value ;;
      health-timeout) health_timeout=$value ;;
      keep) keep=$value ;;
      by) by=$value ;;
      ledger) ledger=$value ;;
      base) base=$value ;;
      size) size=$value ;;
      plan-size) plan_size=$value ;;
      compose) compose=$compose$value$nl ;;
      auth) auth=$auth$value$nl ;;
      credential) credential=$value ;;
      image) image=$image$value$nl ;;
      offset) offset=$value ;;
      until) until=$value ;;
      decision) decision=$value ;;
    esac
  done
}

# --- the lock ----------------------------------------------------------------------------------------------------------------

# File descriptor 9 holds the lock; a detached activation inherits it, so there is no moment between the two.
lock() {
  exec 9>>lock
  # Some seconds of patience: the release before may still be clearing up. Not flock -w: busybox has none.
  tries=0
  until flock -n 9; do
    tries=$((tries + 1))
    [ "$tries" -lt 50 ] || { exec 9>&-; return 1; }
    sleep 0.1
  done
  printf '%s\n' "$tx $(date -u +%Y-%m-%dT%H:%M:%SZ) $by" >lock
}

unlock() {
  exec 9>&-
}

# --- small things ------------------------------------------------------------------------------------------------------------

# settled TX: whether the transaction has ended.
settled() { grep -q "^end$tab" "journal/$1"; }

current_release() { readlink current 2>/dev/null | sed 's|^releases/||'; }

# named RELEASE: its identifier and the version that people know it by.
named() {
  [ -z "$1" ] || printf '%s\t%s' "$1" "$(sed -n 's/^  "version": "\([^"]*\)".*/\1/p' "releases/$1/settings.json" 2>/dev/null)"
}

# project_of RELEASE: the name of its Compose project.
project_of() { sed -n 's/^  "name": "\([^"]*\)".*/\1/p' "$1/compose.json"; }

# replace FILE: stdin becomes the content of FILE at once or not at all.
replace() { cat >"$1.new" && mv -f "$1.new" "$1"; }

# find_socket: where the Engine's API is, for who can speak to it: curl takes a tenth of the time that a docker command takes to start. Without
# curl, or with an engine elsewhere, the commands do.
find_socket() {
  case ${DOCKER_HOST:-} in
    '') socket=/var/run/docker.sock ;;
    unix://*) socket=${DOCKER_HOST#unix://} ;;
  esac
  [ -S "$socket" ] && command -v curl >/dev/null || socket=''
}

# call PATH BODY...: requests to the Engine's API, one after the other, until one fails.
# Source: https://docs.docker.com/reference/api/engine/
call() {
  [ -n "$socket" ] || return 1
  left=$#
  while [ "$left" -gt 0 ]; do
    set -- "$@" --next -sSf --unix-socket "$socket" -H 'Content-Type: application/json' -d "$2" "http://docker/$1"
    shift 2
    left=$((left - 2))
  done
  shift # the first --next
  curl -q --fail-early -m 30 "$@"
}

# plain TEXT...: whether names can stand in an address or in JSON as they are.
plain() { for text; do case $text in '' | *[!A-Za-z0-9_.-]*) return 1 ;; esac; done; }

# look: what there is of the project, one container a line: id, name, service, state, networks. A docker command takes about 50 ms, so this
# is asked for only after something was made or removed.
look() {
  seen=$(docker ps -a --no-trunc --filter "label=com.docker.compose.project=$project" \
    --filter label=com.docker.compose.oneoff=False \
    --format "{{.ID}}$tab{{.Names}}$tab{{.Label \"com.docker.compose.service\"}}$tab{{.State}}$tab{{.Networks}}")
}

# said KIND SERVICE: what the journal has of it, behind both; planned_for the same of the plan. No patterns: a dot in a name is a dot.
said() { behind "$@" <"journal/$tx"; }
planned_for() { behind "$@" <"journal/$tx.plan"; }
behind() { awk -F "$tab" -v kind="$1" -v service="$2" '$1 == kind && $2 == service { print substr($0, length(kind) + length(service) + 3) }'; }

# containers SERVICE: id and name of each container of a service, as last seen.
containers() { printf '%s\n' "$seen" | awk -F "$tab" -v service="$1" '$3 == service { print $1 FS $2 }'; }

# composed ARGUMENT...: docker compose on the release that $composed names; what it says goes to the transaction's own log.
composed() { compose_with "releases/$composed/compose.json" "$@" </dev/null; }
compose_with() { docker compose -p "$project" -f "$@" >>"journal/$tx.out" 2>&1; }

# failure TEXT: why the transaction cannot go on, with the last words of the tools.
failure() {
  note failed "$1" "$2"
  [ -s "journal/$tx.out" ] && tail -n 15 "journal/$tx.out" | cut -c1-500 | each log "$1" >>"journal/$tx"
  return 1
}
