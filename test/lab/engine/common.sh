# shellcheck shell=dash disable=SC2034,SC2154 source-path=SCRIPTDIR
# Shared by the lab's provisioning scripts: where things are kept, how they speak, and which of the two labs this is.
# Sourced, never run. Everything lives in one cache folder outside the checkout, so that every checkout shares it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${SLIPWAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/slipway}
# What its containers, volumes and network begin with. Images are called slipway-lab/* whatever it is called.
lab_name=${SLIPWAY_LAB_NAME:-slipway-lab}
network=$lab_name

say() { printf 'lab: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }
running() { docker version >/dev/null 2>&1; }

# own or existing; ../mode.ts chooses. Each says where the lab keeps its things and the address of its registry, and how an engine,
# base images and a BuildKit are had.
mode=${SLIPWAY_LAB:?own or existing}
# shellcheck source=own.sh
. "$here/$mode.sh"

mkdir -p "$lab" "$run"
