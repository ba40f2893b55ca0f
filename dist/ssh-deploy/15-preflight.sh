# shellcheck shell=dash
# What the runner has to know of a host before anything changes there: facts, one a line (`fact NAME VALUE...`), gathered in one pass. Whether
# they will do is judged by the runner (src/deploy/preflight.ts), which can say everything that is wrong at once.

# A shell without a login has a short PATH. These come last, so that nothing which is found without them is found elsewhere.
PATH=$PATH:/usr/local/bin:/snap/bin:${HOME:-}/bin:${HOME:-}/.local/bin
export PATH

# A rootless Docker tells its socket to login shells only. It is taken where the system's is not for this user.
if [ -z "${DOCKER_HOST:-}" ] && [ ! -w /var/run/docker.sock ]; then
  own_socket=${XDG_RUNTIME_DIR:-/run/user/$(id -u 2>/dev/null)}/docker.sock
  [ ! -S "$own_socket" ] || { DOCKER_HOST=unix://$own_socket; export DOCKER_HOST; }
fi

fact() { emit fact "$@"; }

# What every release needs beyond the shell and dd, which have brought us here.
tools() {
  lacking=0
  for tool in docker flock tar awk setsid timeout; do
    command -v "$tool" >/dev/null 2>&1 || { refuse tool-missing "$tool"; lacking=1; }
  done
  return "$lacking"
}

engine_facts='engine {{.ServerVersion}}
docker-root {{.DockerRootDir}}
os {{.OSType}}
system {{.OperatingSystem}}
architecture {{.Architecture}}
cores {{.NCPU}}
memory {{.MemTotal}}
log-driver {{.LoggingDriver}}
security {{.SecurityOptions}}
compose {{range .ClientInfo.Plugins}}{{if eq .Name "compose"}}{{.Version}}{{end}}{{end}}'

# preflight: a handful of short processes and one question to Docker. Fails, with a refusal, when Docker does not answer.
preflight() {
  user=${USER:-${LOGNAME:-$(id -un 2>/dev/null)}}
  fact clock "$(date +%s)"
  fact user "$user"
  session_facts
  [ ! -r /proc/meminfo ] || while read -r name value _; do
    case $name in MemAvailable:) fact memory-free "$value"; break ;; esac
  done </proc/meminfo
  docker_root=/ compose_version=''
  command -v docker >/dev/null 2>&1 && engine
  answered=$?
  # The Docker folder may not be on this machine, and its file system is what counts.
  while [ ! -e "$docker_root" ]; do docker_root=${docker_root%/*}; [ -n "$docker_root" ] || docker_root=/; done
  room k
  room i
  return "$answered"
}

# engine: what Docker says of itself.
engine() {
  fact docker "$(command -v docker)"
  # (docker 26 and others end with 0 when the engine did not answer.)
  if ! docker info --format "$engine_facts" >"$tmp/engine" 2>"$tmp/err" || ! grep -q '^engine .' "$tmp/engine"; then
    words=$(flat <"$tmp/err") sudo=''
    case $words in *'permission denied'*) ! sudo -n docker info >/dev/null 2>&1 || sudo=sudo ;; esac
    refuse docker-unavailable "$words" "$user" "$sudo"
    return 1
  fi
  while read -r name value; do
    fact "$name" "$value"
    case "$name $value" in
      docker-root*) docker_root=$value ;;
      compose*) compose_version=$value ;;
      # Not read, as dash reads it byte by byte, and the kernel gives away the first one only.
      security*name=rootless*) fact lowest-port "$(cat /proc/sys/net/ipv4/ip_unprivileged_port_start)" ;;
    esac
  done <"$tmp/engine"
  for file in /etc/docker/daemon.json "${HOME:-}/.config/docker/daemon.json"; do
    [ -e "$file" ] || continue
    # What cannot be read may well hold the limit.
    if [ ! -r "$file" ] || grep -q '"max-size"' "$file"; then fact log-limit "$file"; fi
  done
}

# session_facts: what becomes of a process that outlives the connection, as logind and SELinux have it.
session_facts() {
  if [ -d /run/systemd/system ]; then
    grep -hsE '^ *Kill(UserProcesses|OnlyUsers|ExcludeUsers) *=' /usr/lib/systemd/logind.conf /etc/systemd/logind.conf \
      /usr/lib/systemd/logind.conf.d/*.conf /run/systemd/logind.conf.d/*.conf /etc/systemd/logind.conf.d/*.conf |
      while IFS= read -r setting; do fact logind "$setting"; done
    [ -e "/var/lib/systemd/linger/$user" ] || fact no-linger "$user"
  fi
  [ ! -r /sys/fs/selinux/enforce ] || { read -r enforcing; fact selinux "$enforcing"; } </sys/fs/selinux/enforce
}

# room k|i: blocks of 1 KiB, or inodes, where Docker keeps its data and where the release goes; as df prints them.
room() {
  df "-P$1" "$docker_root" . 2>/dev/null | {
    read -r _
    for place in "$docker_root" "$root"; do ! IFS= read -r line || fact "df-$1" "$place" "$line"; done
  }
}
