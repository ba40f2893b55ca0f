#!/bin/sh
# ESLint over the TypeScript, shellcheck over the shell; all of it runs, even after a finding.
set -u
cd "$(dirname "$0")/.." || exit

status=0
eslint . || status=1
shellcheck=$(sh scripts/tool.sh shellcheck) || exit

program=src/host/program
find . \( -name node_modules -o -name .git -o -path ./dist -o -path "./$program" \) -prune -o \
  \( -name '*.sh' -o -path ./.ci/run \) -exec "$shellcheck" --external-sources {} + || status=1

# The parts of the host program share their variables, so they are checked as the one text that they
# are on the host; awk then gives each finding its place in the sources back.
cat "$program"/*.sh | "$shellcheck" --format=gcc - | awk '
  FILENAME != "-" { place[NR] = FILENAME ":" FNR; next }
  { split($0, field, ":"); sub(/^-:[0-9]+/, place[field[2]]); print; found = 1 }
  END { exit found }
' "$program"/*.sh - || status=1
exit "$status"
