# shellcheck shell=dash
# The transaction: prepared -> migrated -> started -> healthy -> switched -> (held) -> drained -> committed, or aborted, or
# rolled-back. It runs detached, holding the lock; the runner only reads its journal.

# run_transaction: the detached process. Everything it needs is in journal/<tx>.args and journal/<tx>.plan.
run_transaction() {
  composed=$release
  note state prepared
  find_socket
  look
  remember_old
  if ! advance; then
    undo
  elif [ "$hold" -gt 0 ] && ! decided; then
    undo
  else
    finish
  fi
}

# advance: up to the switch. Any failure leaves the old containers serving.
advance() {
  proxy=$(proxy_service)
  if [ -n "$proxy" ]; then
    remember_proxy
    place_proxy_files "releases/$release/proxy"
  fi
  create_new || return 1
  # On a first deploy nobody is served yet, and services may call each other through the proxy while they start.
  if [ -n "$proxy" ] && [ -z "$(proxy_id "$proxy")" ]; then
    write_upstreams serving
    note touched "$proxy"
    composed up -d --no-deps --force-recreate --no-build "$proxy" || { failure "$proxy" 'could not be started'; return 1; }
    look
  fi
  # shellcheck disable=SC2013 # numbers
  for level in $(awk -F "$tab" '$1 == "service" && $4 != "-" { print $4 }' "journal/$tx.plan" | sort -nu); do
    # shellcheck disable=SC2046
    one_shot $(planned one-shot "$level") && stop_first $(planned stop-first "$level" | grep -vxF "${proxy:- }") && start_new "$level" || return 1
    [ -z "$(planned one-shot "$level")" ] || note state migrated
  done
  note state started
  note state healthy
  join_names
  switch || return 1
  note state switched
}

# switch: from here on users reach the new containers.
switch() {
  [ -n "$proxy" ] || return 0
  resolved
  write_upstreams serving
  if planned stop-first | grep -qxF "$proxy" && ! grep -qxF "touched$tab$proxy" "journal/$tx"; then
    note switching
    stop_first "$proxy"
  elif routes_changed; then
    note switching
    reload_proxy "$proxy" "${tested:-}" || { failure "$proxy" 'nginx refused the configuration'; return 1; }
    ! grep -qxF "touched$tab$proxy" "journal/$tx" || all_healthy "$proxy"
  fi
}

routes_changed() { ! diff -r proxy "journal/$tx.proxy" >/dev/null 2>&1; }

# decided: holds the switch open until the runner decides, or the deadline passes. 0 means commit.
decided() {
  note state held
  deadline=$(($(date +%s) + hold))
  while [ ! -f "journal/$tx.decision" ]; do
    [ "$(date +%s)" -lt "$deadline" ] || { note failed release "nobody committed it within $hold s"; return 1; }
    sleep 0.1
  done
  [ "$(cat "journal/$tx.decision")" = commit ]
}

# finish: drain, stop the old, and make it the current release.
finish() {
  drain_old
  note state drained
  [ "$(current_release)" = "$release" ] || { ln -sfn "releases/$release" current.new && mv -fT current.new current; }
  if [ -n "$(planned start-first)$(planned stop-first)$(planned remove)$(planned one-shot)" ] || grep -q "^switching" "journal/$tx"; then
    outcome=deployed
  else
    outcome=unchanged
  fi
  note state committed
  conclude "$outcome"
  prune
}

drain_old() {
  [ -z "$(proxy_service)" ] || drain_proxy "$(proxy_service)"
  olds=$(for service in $(planned start-first) $(planned remove); do old_of "$service"; done | cut -f1)
  # shellcheck disable=SC2046,SC2086
  discard $olds $(aside)
}

# undo: what users reach is put back first, then the debris goes.
undo() {
  note state undoing
  look
  composed=$(current_release)
  outcome=aborted
  proxy=$(proxy_service)
  if grep -q "^state${tab}switched\|^switching\|^touched" "journal/$tx"; then outcome=rolled-back; fi
  stopped=$(sed -n "s/^touched$tab//p" "journal/$tx" | tr '\n' ' ')
  if [ -n "$proxy" ]; then
    if grep -q '^switching' "journal/$tx" && [ -n "$composed" ] && [ -n "$(proxy_id "$proxy")" ]; then
      write_upstreams returning
      reload_proxy "$proxy" && sleep 0.3
    fi
    restore_proxy
    # shellcheck disable=SC2086
    hide $stopped
    if [ -n "$composed" ] && [ -n "$(proxy_id "$proxy")" ] && grep -q '^announced\|^switching' "journal/$tx"; then
      reload_proxy "$proxy" || outcome=rollback-failed
    fi
  fi
  put_aside_back || outcome=rollback-failed
  put_back || outcome=rollback-failed
  # shellcheck disable=SC2086
  show_again $stopped || outcome=rollback-failed
  # Only now, since users wait for what has stopped, and nobody for this.
  [ -z "$proxy" ] || drain_proxy "$proxy"
  # shellcheck disable=SC2046
  discard $(for service in $(planned start-first); do new_of "$service"; done | cut -f1)
  [ -n "$composed" ] || nothing_was_here
  [ "$outcome" != rolled-back ] || note state rolled-back
  [ "$outcome" != aborted ] || note state aborted
  was_good "$release" || rm -rf "releases/${release:?}"
  conclude "$outcome"
}

# put_back: services that had to stop first are made again as the current release wants them.
put_back() {
  [ -n "$composed" ] || return 0
  set --
  # shellcheck disable=SC2046
  for service in $(made $(planned stop-first)); do
    case " $stopped " in *" $service "*) [ -z "$(old_of "$service")" ] || set -- "$@" "$service" ;; esac
  done
  [ $# -gt 0 ] || return 0
  note step "$*" "put back as in $composed"
  composed up -d --no-deps --force-recreate --no-build "$@" && look && all_healthy "$@"
}

# was_good RELEASE: whether it was ever carried out here; such a release is kept for the way back.
was_good() {
  grep "\"release\":\"$1\"" history.ndjson 2>/dev/null | grep -q '"outcome":"\(deployed\|unchanged\)"'
}

# A first deploy that failed leaves no container and no network; volumes are data and stay. (Old containers are those that somebody started by
# hand.)
nothing_was_here() {
  ! grep -q "^old$tab" "journal/$tx" || return 0
  outcome=aborted
  composed=$release
  composed down
  composed=
}

# conclude OUTCOME: one line in the ledger, one line in the journal; a second call for the same transaction adds nothing.
conclude() {
  grep -q "\"tx\":\"$tx\"" history.ndjson 2>/dev/null ||
    printf '{"tx":"%s","kind":"%s","release":"%s","outcome":"%s","serving":"%s","ended":"%s"%s}\n' "$tx" "$kind" "$release" "$1" \
      "$(current_release)" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "${ledger:+,$ledger}" >>history.ndjson
  rm -rf "journal/$tx.proxy" "journal/$tx.decision" "journal/$tx".check.* "journal/$tx".workers.*
  note end "$1" "$(named "$(current_release)")"
}

# prune: what no kept release needs. It may leave something, but never fails a deploy.
prune() {
  # Names of releases and transactions sort by time.
  printf '%s\n' releases/* | sort -r | tail -n "+$((keep + 1))" | while IFS= read -r old; do
    [ "$old" = "releases/$(current_release)" ] || rm -rf "$old"
  done
  for file in files/*; do
    grep -qsF "${file#files/}" releases/*/compose.json || rm -rf "$file"
  done
  printf '%s\n' journal/* | grep -v '\.' | sort -r | tail -n +21 | while IFS= read -r old; do rm -rf "$old" "$old".*; done
  [ ! -f images ] || while IFS= read -r ref; do
    grep -qsF "$ref" releases/*/compose.json || docker image rm "$ref"
  done <images
  grep -hoE '"image": "[^"]+@sha256:[0-9a-f]{64}"' releases/*/compose.json | sed 's/^"image": "//; s/"$//' | sort -u | replace images
} >>"journal/$tx.out" 2>&1

# settle: an earlier transaction whose process died is finished or undone before anything else. What the proxy routes to decides:
# once switched and proven it is finished, before that it is undone.
settle() {
  [ -d journal ] || return 0
  for file in journal/*; do
    case ${file#journal/} in *.*|'*') continue ;; esac
    settled "${file#journal/}" && continue
    lock || { refuse locked "$(cat lock)"; return 1; }
    # Whoever held the lock may have ended it meanwhile.
    settled "${file#journal/}" || { emit recovering "${file#journal/}"; (recover_one "${file#journal/}"); }
    unlock
  done
  lock || { refuse locked "$(cat lock)"; return 1; }
  unlock
}

# recover_one TX: in a process of its own, since the arguments of that transaction take the place of this request's.
recover_one() {
  tx=$1 saved_root=$root
  read_args <"journal/$tx.args"
  root=$saved_root composed=$release
  find_socket
  look
  if grep -q "^state${tab}drained" "journal/$tx" || { grep -q "^state${tab}switched" "journal/$tx" && proven; }; then finish; else undo; fi
}

# proven: whoever asked for a hold wanted the release proven first; without that only a commit counts.
proven() { [ "$hold" -eq 0 ] || [ "$(cat "journal/$tx.decision" 2>/dev/null)" = commit ]; }
