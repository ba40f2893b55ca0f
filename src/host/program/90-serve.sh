# shellcheck shell=dash
# The conversation with the runner: a verb, its arguments, an empty line, its payload; answered by lines and a last `done`.

verb_activate() {
  release_folder=releases/$release
  if [ "$kind" = deploy ]; then
    mkdir -p releases files journal "incoming/$tx"
    take "$size" | tar -xpf - -C "incoming/$tx" || { refuse not-writable "$root"; exit 1; }
  fi
  mkdir -p journal
  plan=$(take "$plan_size")
  settle || return 1
  lock || { refuse locked "$(cat lock)"; return 1; }
  # The plan is for what was served when it was made.
  [ "$base" = "$(current_release)" ] || { refuse overtaken "$(current_release)"; unlock; rm -rf "incoming/$tx"; return 1; }
  if [ "$kind" = deploy ]; then
    for file in "incoming/$tx/files"/*; do
      [ ! -e "$file" ] || [ -e "files/${file##*/}" ] || mv "$file" files/
    done
    rm -rf "${release_folder:?}"
    mv "incoming/$tx/release" "$release_folder"
    rm -rf "incoming/$tx"
  fi
  [ -f "$release_folder/compose.json" ] || { refuse release-unknown "$release"; unlock; return 1; }
  printf '%s\n' "$plan" >"journal/$tx.plan"
  for name in project release kind hold drain by ledger keep; do
    eval "printf '%s %s\n' \"\$name\" \"\$$name\""
  done >"journal/$tx.args"
  printf 'health-timeout %s\n' "$health_timeout" >>"journal/$tx.args"
  # shellcheck disable=SC2154 # the bootstrap read this program into p
  printf '%s\n' "$p" >program
  : >"journal/$tx"
  # In a session of its own, so that the end of the SSH connection means nothing to it.
  # shellcheck disable=SC2016 # expanded by that shell
  setsid sh -c 'p=$(cat program); eval "$p"' slipway "$tx" </dev/null >>"journal/$tx.out" 2>&1 &
  unlock
  offset=0
  verb_follow
}

# Streams the journal from a byte offset until the transaction has ended, or holds when that is asked for.
verb_follow() {
  [ -f "journal/$tx" ] || { refuse transaction-unknown "$tx"; return 1; }
  {
    # (dd asks no further than it was told; head would.)
    [ "$offset" -eq 0 ] || dd bs="$offset" count=1 <&8 >/dev/null 2>&1
    follow_on
  } 8<"journal/$tx"
}

follow_on() {
  quiet=0 begun=
  while :; do
    # Without a process of its own, many times a second. What ends without a line break is a line that is still being written.
    while IFS= read -r line <&8 || { begun=$begun$line && false; }; do
      line=$begun$line begun='' quiet=0
      printf '%s\n' "$line"
      case $line in
        "end$tab"*) return 0 ;;
        "state${tab}held") [ "$until" != held ] || return 0 ;;
      esac
    done
    quiet=$((quiet + 1))
    # A free lock and no last word: the process is dead.
    if [ $((quiet % 20)) -eq 0 ] && flock -n lock true && ! settled "$tx"; then emit lost "$tx"; return 1; fi
    sleep 0.05
  done
}

verb_decide() {
  [ -f "journal/$tx" ] || { refuse transaction-unknown "$tx"; return 1; }
  printf '%s' "$decision" | replace "journal/$tx.decision"
  verb_follow
}

# An unfinished transaction of a dead process is finished or undone; a living one is left alone.
verb_recover() { settle; }

verb_status() { report; emit lock "$(flock -n lock true 2>/dev/null || cat lock)"; }

verb_history() { [ ! -f history.ndjson ] || tail -n 200 history.ndjson | each entry; }

# What the record of an earlier release says, and what the host is like now, so that the runner can plan a way back to it.
verb_release() {
  [ -f "releases/$release/compose.json" ] || { refuse release-unknown "$release"; return 1; }
  preflight
  each model <"releases/$release/compose.json"
  each record <"releases/$release/release.json"
  each settings <"releases/$release/settings.json"
}

serve() {
  tmp=$(mktemp -d) || { refuse not-writable "${TMPDIR:-/tmp}"; exit 1; }
  trap 'rm -rf "$tmp" "${registry_config:-$tmp}"; [ -z "$tx" ] || rm -rf "incoming/$tx"; rmdir incoming 2>/dev/null' EXIT
  trap 'exit 1' HUP INT TERM PIPE
  home=$PWD
  emit hello 1
  while IFS= read -r verb; do
    read_args
    case $verb in prepare|pull|activate|follow|decide|recover|status|history|release) ;; *) refuse verb-unknown "$verb"; exit 1 ;; esac
    cd "$home" || exit 1
    # Reading verbs leave no trace of an environment that does not exist here.
    case $verb in prepare|activate) why=$(mkdir -p "$root" 2>&1) || { refuse not-writable "$root" "$(printf '%s' "$why" | flat)"; exit 1; } ;; esac
    cd "$root" 2>/dev/null || { refuse environment-unknown "$root"; emit 'done' 1; continue; }
    root=$PWD
    "verb_$verb"
    emit 'done' $?
  done
}

if [ -n "${1-}" ]; then
  tx=$1
  read_args <"journal/$tx.args"
  run_transaction
else
  serve
fi
