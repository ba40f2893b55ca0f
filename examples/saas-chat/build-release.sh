#!/bin/sh
# Builds the images with plain `docker build`, pushes them and writes the record of the release:
# every service's image by digest and the commit that it was built from.
set -eu
root=$(dirname "$0")

usage() {
  cat >&2 <<'USAGE'
usage: ./build-release.sh --registry HOST[/PATH] --revision COMMIT [OPTION VALUE]...
  --registry HOST[/PATH]  where the images go: HOST/PATH/saas-chat/SERVICE
  --revision COMMIT       the full commit that is built
  --version VERSION       baked into the images (0.0.0-dev)
  --ref REF               the branch or tag that was built (refs/heads/main)
  --out FILE              the record (release.json)
  --only SERVICE          builds this service alone; needs --base
  --base FILE             the record that names the image of a service which is not built
  --build-arg K=V, --secret id=ID,src=FILE   go to docker build, as often as they are given
USAGE
  exit 2
}

die() {
  printf 'build-release: %s\n' "$*" >&2
  exit 1
}

registry='' revision='' version=0.0.0-dev ref=refs/heads/main out=release.json only='' base=''
left=$#
while [ "$left" -gt 0 ]; do
  [ "$left" -ge 2 ] || usage
  option=$1 value=$2
  shift 2
  left=$((left - 2))
  case $option in
    --registry) registry=$value ;;
    --revision) revision=$value ;;
    --version) version=$value ;;
    --ref) ref=$value ;;
    --out) out=$value ;;
    --only) only=$value ;;
    --base) base=$value ;;
    # Moved to the end: after the loop, "$@" is what docker build is given.
    --build-arg | --secret) set -- "$@" "$option" "$value" ;;
    *) usage ;;
  esac
done
[ -n "$registry" ] || usage
printf '%s\n' "$revision" | grep -Eqx '[0-9a-f]{40}' ||
  die "--revision '$revision': not a full commit (40 hex digits)"
[ -z "$only" ] || [ -f "$root/services/$only/Dockerfile" ] || die "--only $only: no such service"
[ -z "$only" ] || [ -r "$base" ] || die "--only needs --base, the record with the other services"

# build SERVICE [OPTION]...: prints the service's line of the record.
build() {
  service=$1
  shift
  image=$registry/saas-chat/$service
  docker build --file "$root/services/$service/Dockerfile" --tag "$image:$revision" \
    --build-arg "REVISION=$revision" --build-arg "VERSION=$version" "$@" "$root" >&2
  pushed=$(docker push "$image:$revision")
  digest=$(printf '%s\n' "$pushed" | sed -n 's/.* digest: \(sha256:[0-9a-f]\{64\}\) .*/\1/p')
  [ -n "$digest" ] || die "the push of $image named no digest: $pushed"
  printf '    "%s": { "image": "%s@%s", "revision": "%s" }' \
    "$service" "$image" "$digest" "$revision"
}

# kept SERVICE: the same line from the earlier record, which this script has written as well.
kept() {
  line=$(sed -n "s/^\( *\"$1\": {.*}\),*\$/\1/p" "$base")
  [ -n "$line" ] || die "$base does not name the image of $1"
  printf '%s' "$line"
}

services=''
for service in auth chat; do
  if [ -z "$only" ] || [ "$only" = "$service" ]; then
    line=$(build "$service" "$@")
  else
    line=$(kept "$service")
  fi
  services="$services${services:+,
}$line"
done

created=$(date -u +%Y-%m-%dT%H:%M:%SZ)
id=$(printf '%s' "$created" | tr -d ':-')-$(printf '%.7s' "$revision")
cat >"$out.part" <<JSON
{
  "schema": 1,
  "id": "$id",
  "app": "saas-chat",
  "commit": "$revision",
  "ref": "$ref",
  "created": "$created",
  "services": {
$services
  }
}
JSON
mv "$out.part" "$out"
printf 'wrote %s: release %s\n' "$out" "$id" >&2
