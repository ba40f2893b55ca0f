#!/bin/sh
# Builds the images with plain `docker build`, pushes them and writes the record of the release:
# every service's image by digest and the commit that it was built from.
set -eu
root=$(dirname "$0")

# What another repository changes: its name, and SERVICE=DOCKERFILE for each image, built from here.
app=saas-chat
dockerfiles='
  auth=services/auth/Dockerfile
  chat=services/chat/Dockerfile
  billing=services/billing/Dockerfile
  analytics=services/analytics/Dockerfile
  orchestrator=services/orchestrator/Dockerfile
  email-worker=services/email-worker/Dockerfile
'

usage() {
  cat >&2 <<'USAGE'
usage: ./build-release.sh --registry HOST[/PATH] --revision COMMIT [OPTION VALUE]...
  --registry HOST[/PATH]  where the images go: HOST/PATH/APP/SERVICE
  --revision COMMIT       the full commit that is built
  --version VERSION       baked into the images (0.0.0-dev)
  --ref REF               the branch or tag that was built (refs/heads/main)
  --out FILE              the record (release.json)
  --only SERVICE[,...]    builds these services alone; needs --base
  --base FILE             the record that names the images of the services that are not built
  --once yes              an image of this commit that the registry has is taken, never built again,
                          and the record has the commit's time: every run writes the same one
  --build-arg K=V, --secret id=ID,src=FILE   go to docker build, as often as they are given
USAGE
  exit 2
}

die() {
  printf 'build-release: %s\n' "$*" >&2
  exit 1
}

registry='' revision='' version=0.0.0-dev ref=refs/heads/main out=release.json only='' base='' once=''
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
    --once) once=$value ;;
    # Moved to the end: after the loop, "$@" is what docker build is given.
    --build-arg | --secret) set -- "$@" "$option" "$value" ;;
    *) usage ;;
  esac
done
[ -n "$registry" ] || usage
case $once in yes | '') ;; *) usage ;; esac
printf '%s\n' "$revision" | grep -Eqx '[0-9a-f]{40}' ||
  die "--revision '$revision': not a full commit (40 hex digits)"
for service in $(printf '%s' "$only" | tr , ' '); do
  case " $dockerfiles" in
    *" $service="*) ;;
    *) die "--only $service: no such service" ;;
  esac
done
[ -z "$only" ] || [ -r "$base" ] || die "--only needs --base, the record with the other services"

# built IMAGE: the digest that the registry has for a tag; nothing when it does not know the tag.
built() {
  if found=$(docker buildx imagetools inspect "$1" 2>"$out.why"); then
    printf '%s\n' "$found" | sed -n 's/^Digest: *\(sha256:[0-9a-f]\{64\}\)$/\1/p' | grep . ||
      die "the registry named no digest of $1: $found"
  # A new package of ghcr.io is denied rather than not found. Whatever else went wrong might hide an
  # image, and building it again would give this commit a second digest.
  elif ! grep -Eq 'not found|manifest unknown|name unknown|denied|403 Forbidden' "$out.why"; then
    die "cannot tell whether $1 exists: $(cat "$out.why")"
  fi
}

# build DOCKERFILE [OPTION]...: builds and pushes $image; prints its digest.
build() {
  dockerfile=$1
  shift
  docker build --file "$root/$dockerfile" --tag "$image:$revision" \
    --build-arg "REVISION=$revision" --build-arg "VERSION=$version" "$@" "$root" >&2
  pushed=$(docker push "$image:$revision")
  printf '%s\n' "$pushed" | sed -n 's/.* digest: \(sha256:[0-9a-f]\{64\}\) .*/\1/p'
}

# kept SERVICE: the same line from the earlier record, which this script has written as well.
kept() {
  line=$(sed -n "s/^\( *\"$1\": {.*}\),*\$/\1/p" "$base")
  [ -n "$line" ] || die "$base does not name the image of $1"
  printf '%s' "$line"
}

services=''
for entry in $dockerfiles; do
  service=${entry%%=*} image=$registry/$app/${entry%%=*} digest=''
  case ,${only:-$service}, in
    *,"$service",*)
      [ -z "$once" ] || digest=$(built "$image:$revision")
      if [ -n "$digest" ]; then
        printf '%s: built already, %s\n' "$service" "$digest" >&2
      else
        digest=$(build "${entry#*=}" "$@")
        [ -n "$digest" ] || die "the push of $image named no digest"
      fi
      line=$(printf '    "%s": { "image": "%s@%s", "revision": "%s" }' \
        "$service" "$image" "$digest" "$revision")
      ;;
    *) line=$(kept "$service") ;;
  esac
  services="$services${services:+,
}$line"
done

if [ -n "$once" ]; then
  created=$(TZ=UTC0 git -C "$root" show -s --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd \
    "$revision") || die "--once needs a checkout that has the commit $revision"
else
  created=$(date -u +%Y-%m-%dT%H:%M:%SZ)
fi
id=$(printf '%s' "$created" | tr -d ':-')-$(printf '%.7s' "$revision")
cat >"$out.part" <<JSON
{
  "schema": 1,
  "id": "$id",
  "app": "$app",
  "commit": "$revision",
  "ref": "$ref",
  "created": "$created",
  "services": {
$services
  }
}
JSON
mv "$out.part" "$out"
rm -f "$out.why"
printf 'wrote %s: release %s\n' "$out" "$id" >&2
