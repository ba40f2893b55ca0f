#!/bin/sh
# Makes the checkout ready to work in: installs node_modules when it is missing or older than the
# lockfile. npm keeps its own record of what it installed, so there is no stamp of ours to go stale.
set -eu
cd "$(dirname "$0")/.."

installed=node_modules/.package-lock.json
if [ ! -f "$installed" ] || [ -n "$(find package-lock.json -newer "$installed")" ]; then
  echo 'Installing the npm packages of package-lock.json' >&2
  npm ci --loglevel=error >&2
fi
