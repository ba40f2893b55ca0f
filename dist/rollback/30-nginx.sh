# shellcheck shell=dash
# The nginx proxy driver: current, switch, verify, drain.
# nginx mounts two folders of ours: proxy/files (the repository's own configuration, at stable paths, so that the container is
# never recreated for it) and proxy/upstreams (generated). The container named in upstreams/slipway.conf is what users reach.

upstreams=proxy/upstreams/slipway.conf

proxy_id() { printf '%s\n' "$seen" | awk -F "$tab" -v service="$1" '$3 == service && $4 == "running" { print $1; exit }'; }

# write_upstreams SERVERS: one upstream per service of the plan that has a port, and the service's own name inside the networks:
# nginx answers for it, so that a call between services meets proven containers only, and never a stopped one.
# `resolve` (nginx 1.27.3) keeps names right when a restart of the host deals out new addresses.
# SERVERS is the function that lists the servers of a service: serving, announced or returning.
write_upstreams() {
  {
    echo '# Written by Slipway at each switch. Changes are lost.'
    # shellcheck disable=SC2016 # nginx's variables
    echo 'map $http_upgrade $slipway_connection { default upgrade; "" ""; }'
    while IFS=$tab read -r what service port _; do
      [ "$what" = upstream ] || continue
      echo "upstream $service {"
      echo "  zone slipway_$service 64k;"
      echo '  resolver 127.0.0.11 valid=1s;'
      # nginx refuses an upstream without a server; of a service that is only going to be made it has none.
      "$1" "$service" | awk -F "$tab" -v port="$port" '{ print "  server " $2 ":" port " resolve" ($3 == "" ? "" : " " $3) ";" }
        END { if (NR == 0) print "  server 127.0.0.1 down;" }'
      echo '  keepalive 32;'
      echo '}'
      echo "server {"
      echo "  listen $port;"
      echo "  server_name $service;"
      echo '  access_log off;'
      echo '  client_max_body_size 0;'
      echo '  location / {'
      echo "    proxy_pass http://$service;"
      # shellcheck disable=SC2016 # nginx's variables
      printf '    %s\n' 'proxy_http_version 1.1;' 'proxy_set_header Host $http_host;' 'proxy_set_header Upgrade $http_upgrade;' \
        'proxy_set_header Connection $slipway_connection;' 'proxy_buffering off;' 'proxy_request_buffering off;' \
        'proxy_read_timeout 1h;' 'proxy_send_timeout 1h;'
      echo '  }'
      echo '}'
    done <"journal/$tx.plan"
  } | replace "$upstreams"
}

# serving SERVICE: its containers that shall be routed to, `id<tab>name`: the new ones where there are new ones.
serving() {
  said new "$1" | grep . || containers "$1"
}

# announced SERVICE: what serves now, and the new containers marked as down. After a reload nginx knows a name only once it has
# asked for it, and answers 502 until then; but it takes over the addresses of names that the workers before had asked for
# (nginx 1.27.3, "pre-resolve servers on reload"). So the new names are told one reload ahead, while the containers still boot.
# What has no version before it answers at once: what is made after it may need it to become healthy.
announced() {
  if planned start-first | grep -qxF "$1" && [ -n "$(old_of "$1")" ]; then
    old_of "$1" | alone
    new_of "$1" | sed "s/\$/${tab}down/"
  else
    serving "$1"
  fi
}

# returning SERVICE: the other way round, before a switch is undone, since nginx has forgotten the old names. The old containers
# are proven, so they may answer at once. (Not as `backup`: nginx keeps addresses of backups apart.)
returning() {
  if planned start-first | grep -qxF "$1"; then
    new_of "$1" | alone
    old_of "$1"
  else
    containers "$1"
  fi
}

# alone: nginx never gives up on the only server of an upstream; beside one that is down it would, for 10 s after a single failure.
alone() { sed "s/\$/${tab}max_fails=0/"; }

# hide SERVICE...: in what nginx reads of ours, nobody answers for them any more. So it says that at once, instead of waiting at an address where
# nobody says no; and it forgets their addresses. One that got another under its old name it would go on asking at the old
# one, for a second or two (valid=1s), or for long when the name server takes its time.
hide() {
  [ $# -gt 0 ] && [ -f "$upstreams" ] || return 0
  printf 'upstream %s {\n' "$@" | awk '
    NR == FNR { gone[$0] = 1; next }
    /^[u}]/ { hidden = $0 in gone }
    hidden && /^  server / { $0 = "  server 127.0.0.1 down;" }
    { print }' - "$upstreams" | replace "$upstreams"
}

# announce SERVICE...: when traffic is going to be switched to one of them; nobody answers for those that $hidden names.
announce() {
  [ -n "$proxy" ] && routed "$@" || return 0
  # A proxy that was started by hand reads nothing of ours; the one that takes its place will.
  [ -z "$(by_hand "$proxy")" ] || return 0
  write_upstreams announced
  # shellcheck disable=SC2086
  hide $hidden
  note announced
  reload_proxy "$proxy" || { failure "$proxy" 'nginx refused the configuration'; return 1; }
  tested=yes
  # Their addresses are known within moments; resolved waits for that.
  sleep 0.3 &
  learning=$!
}

resolved() { [ -z "${learning:-}" ] || wait "$learning"; }

# show_again SERVICE...: the other way round, after what was hidden has been put back. A proxy that was started by hand has to read its own
# configuration again, since it asks for names just then; one that had to stop itself has done so.
show_again() {
  [ -n "$proxy" ] && routed "$@" || return 0
  restore_proxy
  [ -n "$composed$(by_hand "$proxy")" ] && [ -n "$(proxy_id "$proxy")" ] && ! grep -q "^aside$tab$proxy$tab" "journal/$tx" || return 0
  reload_proxy "$proxy" tested && sleep 0.3
}

# routed SERVICE...: whether nginx routes to one of them.
routed() { for service; do planned_for upstream "$service"; done | grep -q .; }

# place_proxy_files FROM: the configuration of a release, written in place: a file that is mounted by itself keeps its inode.
place_proxy_files() {
  mkdir -p proxy/files proxy/upstreams
  [ -d "$1" ] || return 0
  (cd "$1" && find . -type d) | while IFS= read -r folder; do mkdir -p "proxy/files/$folder"; done
  (cd "$1" && find . -type f) | while IFS= read -r file; do
    cmp -s "$1/$file" "proxy/files/$file" || cat "$1/$file" >"proxy/files/$file"
  done
  (cd proxy/files && find . -type f) | while IFS= read -r file; do
    [ -e "$1/$file" ] || rm -f "proxy/files/$file"
  done
  # nginx may read them as another user; nothing in them is secret.
  chmod -R go+rX proxy
}

# remember_proxy: what to put back, should this transaction be undone.
remember_proxy() {
  mkdir -p proxy/files proxy/upstreams "journal/$tx.proxy"
  cp -R proxy/. "journal/$tx.proxy/"
}

restore_proxy() {
  [ -d "journal/$tx.proxy" ] || return 0
  place_proxy_files "journal/$tx.proxy/files"
  if [ -f "journal/$tx.proxy/upstreams/slipway.conf" ]; then
    replace "$upstreams" <"journal/$tx.proxy/upstreams/slipway.conf"
  else
    rm -f "$upstreams"
  fi
  chmod -R go+rX proxy
}

# Runs inside the nginx container: test, reload, and see that new workers came, which is the only proof that nginx took it.
# Prints the process ids of the workers before. A signal by `docker kill` would count as a manual stop of the container.
# $1 is not empty when the same files were tested a moment ago, but for the servers that are down in them. `read` drops the NULs of cmdline.
# shellcheck disable=SC2016 # expanded inside the container
reload_script='
workers() { for f in /proc/[0-9]*/cmdline; do
  c=; IFS= read -r c 2>/dev/null <"$f"
  case $c in "nginx: worker process "*shutting*) ;; "nginx: worker process"*) p=${f%/cmdline}; echo "${p#/proc/}";; esac
done; }
before=$(workers)
if [ -z "$1" ]; then
  configuration=$(nginx -T 2>&1) || { printf "%s\n" "$configuration" | tail -n 5 >&2; exit 10; }
  case $configuration in *"# configuration file /etc/nginx/slipway/"*) ;; *) echo "nginx does not read what Slipway writes: add the line  include /etc/nginx/slipway/*.conf;  to its http block" >&2; exit 13 ;; esac
fi
nginx -s reload || exit 11
n=0
while [ $n -lt 250 ]; do
  for p in $(workers); do case " $(echo $before) " in *" $p "*) ;; *) echo $before; exit 0;; esac; done
  n=$((n+1)); sleep 0.02
done
exit 12'

# reload_proxy SERVICE [TESTED]: 0 when nginx serves what the files say.
reload_proxy() {
  id=$(proxy_id "$1")
  old_workers=$(docker exec "$id" sh -c "$reload_script" reload "${2:-}" 2>>"journal/$tx.out") || return 1
  printf '%s\n' "$old_workers" >>"journal/$tx.workers.$id"
}

# drain_proxy SERVICE: waits, at most $drain seconds, until the workers that knew the old containers have answered their last request.
drain_proxy() {
  id=$(proxy_id "$1")
  # Those of a container that was made anew have ended with it.
  [ -s "journal/$tx.workers.$id" ] || return 0
  # shellcheck disable=SC2016,SC2046 # expanded inside the container; a list of process ids
  docker exec "$id" sh -c 'n=$(($1 * 20)); shift
    while [ $n -gt 0 ]; do
      left=; for p; do [ -d "/proc/$p" ] && left=1; done
      [ -n "$left" ] || exit 0
      n=$((n-1)); sleep 0.05
    done; exit 1' drain "$drain" $(cat "journal/$tx.workers.$id") 2>>"journal/$tx.out" ||
    note step "$1" "still has connections after ${drain} s; they end with the old containers"
  rm -f "journal/$tx.workers.$id"
}
