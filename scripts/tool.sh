#!/bin/sh
# Prints the path of a checking tool: the one on PATH, or else the one that tools/<name>/ pins by
# checksum, installed once into a cache folder outside of the checkout. Of Trivy and gitleaks that is the
# release, as the actions install it, and where GitHub cannot be reached the same version from source.
#   usage: sh scripts/tool.sh <name>
set -eu
cd "$(dirname "$0")/.."

tool=${1-}
if [ -z "$tool" ] || [ ! -d "tools/$tool" ]; then
  printf 'usage: tool.sh <name>, one of:\n%s\n' "$(ls tools)" >&2
  exit 2
fi
if command -v "$tool"; then exit; fi

cache=${SLIPWAY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}}/slipway/tools
home=$cache/$tool-$(cat "tools/$tool"/* | cksum | cut -d ' ' -f 1)

released() {
  case $tool in
    trivy | gitleaks)
      NODE_USE_ENV_PROXY=1 node_modules/.bin/node scripts/released.ts "$tool" "$partial" >&2 ;;
    *) false ;;
  esac
}

if [ ! -d "$home" ]; then
  echo "Installing $tool into $home" >&2
  mkdir -p "$cache"
  partial=$(mktemp -d "$cache/.$tool-XXXXXX")
  trap 'rm -rf "$partial"' EXIT
  if released; then
    echo "$tool is the released one" >&2
  elif [ -f "tools/$tool/go.mod" ]; then
    GOEXPERIMENT='' LDFLAGS=''
    # shellcheck source=/dev/null
    if [ -f "tools/$tool/build.env" ]; then . "./tools/$tool/build.env"; fi
    CGO_ENABLED=0 GOEXPERIMENT=$GOEXPERIMENT go build -C "tools/$tool" -trimpath -buildvcs=false \
      -ldflags "-s -w $LDFLAGS" -o "$partial/bin/" tool >&2
  else
    python3 -m pip --quiet --disable-pip-version-check install --root-user-action=ignore \
      --require-hashes --target "$partial" -r "tools/$tool/requirements.txt" >&2
  fi
  # Renamed only when complete, so an interrupted install is never taken for a tool.
  [ -d "$home" ] || mv "$partial" "$home"
fi
echo "$home/bin/$tool"
