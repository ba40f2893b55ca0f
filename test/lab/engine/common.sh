# shellcheck shell=dash disable=SC2034
# Shared by the lab's provisioning scripts: where things are kept, how they speak, how Debian packages are had.
# Sourced, never run. Everything lives in one cache folder outside the checkout, so that every checkout shares it.
set -eu

cache=${SLIPWAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/slipway}
lab=$cache/lab
prefix=$lab/prefix
run=/run/slipway-lab
sock=$run/docker.sock
network=slipway-lab
subnet=10.213.1
registry=$subnet.2:5000

mkdir -p "$lab" "$run"
export DOCKER_HOST="unix://$sock" DOCKER_CONFIG="$lab/docker-config"
export PATH="$prefix/usr/bin:$prefix/usr/sbin:$PATH:/usr/sbin:/sbin"

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# The machine's own Debian mirror: only the suite is ours to choose.
mirror() {
  for list in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    [ -f "$list" ] || continue
    sed -n 's/^URIs: *//p; s/^deb \(\[[^]]*\] \)\{0,1\}\(http[^ ]*\).*/\2/p' "$list" | head -n 1
    return
  done
  echo http://deb.debian.org/debian
}

# need COMMAND PACKAGE ...: installs what this machine lacks, system-wide, and says so.
need() {
  missing=
  while [ $# -gt 0 ]; do
    command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
    shift 2
  done
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || die "missing:$missing. Install with: sudo apt-get install$missing"
  say "installing from Debian:$missing"
  apt-get update -qq >/dev/null
  # shellcheck disable=SC2086 # a list of package names of our own
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

# apt_private SUITE DIR ARGUMENT...: apt-get with a root of its own, so that another suite's packages can be fetched.
apt_private() {
  suite=$1 root=$lab/apt-$1 dir=$2
  shift 2
  mkdir -p "$root/lists/partial" "$root/state" "$root/archives/partial"
  : >"$root/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) $suite main" >"$root/sources.list"
  (cd "$dir" && apt-get -qq -o Dir::State="$root/state" -o Dir::State::status="$root/status" \
    -o Dir::State::lists="$root/lists" -o Dir::Cache::archives="$root/archives" \
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o Dir::Etc::sourcelist="$root/sources.list" \
    -o Dir::Etc::sourceparts=- -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root "$@")
}

# system_tar SUITE FILE PACKAGE...: a minimal Debian as a tar file.
system_tar() {
  suite=$1 file=$2
  shift 2
  packages=$(IFS=,; echo "$*")
  # /dev/shm makes unpacking several times faster, where there is one.
  TMPDIR=$([ -d /dev/shm ] && echo /dev/shm || echo /tmp) mmdebstrap --quiet --variant=minbase --mode=root --format=tar \
    --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='Acquire::Check-Valid-Until "false"' \
    --include="$packages" "$suite" "$file.part" "deb $(mirror) $suite main" 2>"$file.log" ||
    { tail -n 20 "$file.log" >&2; die "mmdebstrap $suite failed"; }
  mv "$file.part" "$file"
}
