#!/bin/sh
# Makes, once, the images that the lab works with: a host, a registry, node, nginx, redis; and starts the registry.
# Each image is keyed by the text of these scripts without its comments, so that a change rebuilds them.
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

key=$(cd "$here" && grep -hv '^ *#' images.sh host-init.sh own.sh existing.sh | openssl sha256 | sed 's/.* //' | cut -c1-12)

have() { [ "$(docker image inspect -f '{{index .Config.Labels "slipway.lab.key"}}' "$1" 2>/dev/null)" = "$key" ]; }

# image NAME SUITE PACKAGE... < rest of a Dockerfile: Debian with PACKAGEs, and the rest, whose context is $lab/context.
image() {
  have "slipway-lab/$1" && return
  say "building the image slipway-lab/$1 from Debian $2"
  bare "$@"
  { echo "FROM slipway-lab/$1.bare"; cat; } |
    docker build -q -t "slipway-lab/$1" --label "slipway.lab.key=$key" -f - "$lab/context" >/dev/null
  docker rmi "slipway-lab/$1.bare" >/dev/null
}

context() { rm -rf "$lab/context"; mkdir -p "$lab/context"; }

host_image() {
  have slipway-lab/host && return
  context
  cp "$here/host-init.sh" "$lab/context/host-init"
  { cat && host_lines; } <<'DOCKERFILE' |
COPY --chmod=755 host-init /usr/local/sbin/host-init
RUN useradd -m -s /bin/bash -G docker deploy && mkdir -p /run/sshd /home/deploy/.ssh /etc/docker && \
    chown deploy: /home/deploy/.ssh && rm -f /etc/ssh/ssh_host_*
EXPOSE 22
VOLUME /var/lib/docker
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini-static", "--", "/usr/local/sbin/host-init"]
DOCKERFILE
    image host sid ca-certificates openssh-server openssh-client docker.io docker-cli docker-compose docker-buildx iptables \
      procps iproute2 util-linux busybox bash dash curl socat tini-static
}

# The registry speaks TLS with the lab's own authority and asks for a password, as a real one does.
registry_certificate() {
  [ -f "$lab/tls/registry.crt" ] && return
  mkdir -p "$lab/tls"
  (
    cd "$lab/tls"
    openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj '/CN=Slipway lab authority' -keyout ca.key -out ca.crt
    openssl req -newkey rsa:2048 -nodes -subj "/CN=${registry%:*}" -keyout registry.key -out registry.csr
    printf 'subjectAltName=IP:%s' "${registry%:*}" >san
    openssl x509 -req -days 3650 -in registry.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile san -out registry.crt
  ) 2>/dev/null
}

registry_image() {
  context
  image registry sid docker-registry apache2-utils <<'DOCKERFILE'
RUN htpasswd -Bbn lab lab-registry-password > /etc/htpasswd && \
    printf 'version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}\nhttp: {tls: {certificate: /tls/registry.crt, key: /tls/registry.key}}\nauth: {htpasswd: {realm: lab, path: /etc/htpasswd}}\n' > /etc/registry.yml
CMD ["docker-registry", "serve", "/etc/registry.yml"]
DOCKERFILE
}

start_registry() {
  [ "$(docker inspect -f '{{.State.Running}}' "$lab_name-registry" 2>/dev/null)" = true ] && return
  docker rm -f "$lab_name-registry" >/dev/null 2>&1 || true
  # shellcheck disable=SC2086 # options of our own
  docker create --name "$lab_name-registry" --network "$network" $registry_args --env "REGISTRY_HTTP_ADDR=:${registry#*:}" \
    -v "$lab_name-registry:/var/lib/registry" slipway-lab/registry >/dev/null
  docker cp -q "$lab/tls" "$lab_name-registry:/"
  docker start "$lab_name-registry" >/dev/null
  tries=0
  # Never as an argument: a test looks for the password in every command line of the machine.
  until echo 'user = "lab:lab-registry-password"' | curl -sf --config - --cacert "$lab/tls/ca.crt" "https://$registry/v2/" >/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || { docker logs --tail 20 "$lab_name-registry" >&2; die "the registry does not answer at $registry"; }
    sleep 0.1
  done
}

# Base images take seconds to pull and unpack, on every new host. So one host pulls them once, and each new host starts on a
# copy of what that one's engine kept.
seed() {
  volume=$lab_name-disk-$key
  docker volume inspect "$volume" >/dev/null 2>&1 && return
  say 'preparing the disk of new hosts: pulling the base images once'
  echo lab-registry-password | docker login -u lab --password-stdin "$registry" >/dev/null 2>&1
  docker volume ls -q --filter "name=$lab_name-disk-" | xargs -r docker volume rm >/dev/null
  docker rm -f "$lab_name-seeder" >/dev/null 2>&1 || true
  # shellcheck disable=SC2086 # options of our own
  docker run -d --name "$lab_name-seeder" --privileged --network "$network" --tmpfs /run $host_args \
    -v "$lab_name-seeding:/var/lib/docker" slipway-lab/host >/dev/null ||
    die 'the Docker Engine refuses a privileged container, and a host with an engine of its own has to be one'
  docker exec "$lab_name-seeder" mkdir -p "/etc/docker/certs.d/$registry"
  docker cp -q "$lab/tls/ca.crt" "$lab_name-seeder:/etc/docker/certs.d/$registry/ca.crt"
  docker exec "$lab_name-seeder" sh -c 'n=0; until docker version >/dev/null 2>&1; do n=$((n+1)); [ $n -lt 300 ] || { tail -n 20 /var/log/dockerd.log; exit 1; }; sleep 0.1; done' >&2 ||
    die "no Docker Engine starts within a container of this one"
  echo lab-registry-password | docker exec -i "$lab_name-seeder" docker login -u lab --password-stdin "$registry" >/dev/null 2>&1
  for name in node:24 nginx:1 redis:7; do
    docker tag "slipway-lab/${name%:*}" "$registry/base/$name"
    docker push -q "$registry/base/$name" >/dev/null
    docker exec "$lab_name-seeder" docker pull -q "$registry/base/$name" >/dev/null
  done
  docker stop "$lab_name-seeder" >/dev/null
  docker run --rm -v "$lab_name-seeding:/from:ro" -v "$volume:/to" slipway-lab/redis cp -a /from/. /to
  docker rm "$lab_name-seeder" >/dev/null
  docker volume rm "$lab_name-seeding" >/dev/null
}

registry_certificate
registry_image
start_registry
base_images
host_image
seed
