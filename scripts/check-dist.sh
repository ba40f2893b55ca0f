#!/bin/sh
# Fails unless the committed dist/ is, byte for byte, what the source builds.
set -eu
cd "$(dirname "$0")/.."

node scripts/build.ts
# --ignored: a bundle that .gitignore hides would otherwise pass without ever being committed.
differing=$(git status --porcelain --untracked-files=all --ignored -- dist)
if [ -n "$differing" ]; then
  printf 'dist/ is not what the source builds. Run "npm run build" and commit:\n%s\n' "$differing" >&2
  exit 1
fi
