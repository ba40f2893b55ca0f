#!/bin/sh
# ESLint over the TypeScript, shellcheck over every shell script; both always run.
set -u
cd "$(dirname "$0")/.." || exit

status=0
eslint . || status=1
shellcheck=$(sh scripts/tool.sh shellcheck) || exit
find . \( -name node_modules -o -name .git -o -path ./dist \) -prune -o \
  \( -name '*.sh' -o -path ./.ci/run \) -exec "$shellcheck" {} + || status=1
exit "$status"
