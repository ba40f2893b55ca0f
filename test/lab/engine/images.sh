#!/bin/sh
# Builds, once, the base images that nothing can pull here: a host, node, nginx, redis; and starts the registry.
# Each image is keyed by the text of these scripts without its comments, so that a change rebuilds them.
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "$0")/common.sh"

here=$(cd "$(dirname "$0")" && pwd)
key=$(grep -hv '^ *#' "$here/images.sh" "$here/host-init.sh" "$here/common.sh" | sha256sum | cut -c1-12)
node_package=$here/../../../node_modules/node

have() { [ "$(docker image inspect -f '{{index .Config.Labels "slipway.lab.key"}}' "$1" 2>/dev/null)" = "$key" ]; }

# image NAME SUITE CHANGES PACKAGE...: a minimal Debian with PACKAGEs; a function prepare_NAME may add files.
image() {
  name=$1 suite=$2 changes=$3
  shift 3
  have "slipway-lab/$name" && return
  say "building the image slipway-lab/$name from Debian $suite"
  need mmdebstrap mmdebstrap
  file=$lab/image-${name%%:*}.tar
  system_tar "$suite" "$file" "$@"
  docker import -c "LABEL slipway.lab.key=$key" -c "$changes" "$file" "slipway-lab/$name.bare" >/dev/null
  rm -f "$file" "$file.log"
}

# layer NAME < Dockerfile: finishes the image made bare above; the context is $lab/context.
layer() {
  have "slipway-lab/$1" && return
  docker build -q -t "slipway-lab/$1" --label "slipway.lab.key=$key" -f - "$lab/context" >/dev/null
  docker rmi "slipway-lab/$1.bare" >/dev/null
}

context() { rm -rf "$lab/context"; mkdir -p "$lab/context"; }

node_image() {
  have slipway-lab/node:24 && return
  image node:24 bookworm 'CMD ["node"]' libstdc++6 ca-certificates
  context
  cp "$(readlink -f "$node_package/bin/node")" "$lab/context/node"
  npm_dir=$(dirname "$(readlink -f "$(command -v npm)")")/..
  cp -R "$npm_dir" "$lab/context/npm"
  layer node:24 <<'DOCKERFILE'
FROM slipway-lab/node:24.bare
COPY node /usr/local/bin/node
COPY npm /usr/local/lib/node_modules/npm
RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm
CMD ["node"]
DOCKERFILE
}

nginx_image() {
  have slipway-lab/nginx:1 && return
  image nginx:1 sid 'EXPOSE 80' nginx-light wget
  context
  layer nginx:1 <<'DOCKERFILE'
FROM slipway-lab/nginx:1.bare
RUN rm -rf /etc/nginx/sites-enabled /etc/nginx/conf.d && mkdir /etc/nginx/conf.d && \
    ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log && \
    printf '%s\n' 'worker_processes auto;' 'events { worker_connections 4096; }' \
      'http { include mime.types; include conf.d/*.conf; }' > /etc/nginx/nginx.conf
STOPSIGNAL SIGQUIT
EXPOSE 80
CMD ["nginx", "-g", "daemon off;"]
DOCKERFILE
}

redis_image() {
  have slipway-lab/redis:7 && return
  image redis:7 bookworm 'EXPOSE 6379' redis-server
  context
  layer redis:7 <<'DOCKERFILE'
FROM slipway-lab/redis:7.bare
WORKDIR /data
EXPOSE 6379
CMD ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--dir", "/data"]
DOCKERFILE
}

host_image() {
  have slipway-lab/host:sid && return
  image host:sid sid 'EXPOSE 22' ca-certificates openssh-server docker.io docker-cli docker-compose iptables \
    procps iproute2 util-linux busybox bash dash curl tini-static
  context
  cp "$here/host-init.sh" "$lab/context/host-init"
  layer host:sid <<'DOCKERFILE'
FROM slipway-lab/host:sid.bare
COPY --chmod=755 host-init /usr/local/sbin/host-init
RUN useradd -m -s /bin/bash -G docker deploy && mkdir -p /run/sshd /home/deploy/.ssh /etc/docker && \
    chown deploy: /home/deploy/.ssh && rm -f /etc/ssh/ssh_host_*
VOLUME /var/lib/docker
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini-static", "--", "/usr/local/sbin/host-init"]
DOCKERFILE
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
  have slipway-lab/registry:2 && return
  image registry:2 bookworm 'EXPOSE 5000' apache2-utils
  context
  cp "$prefix/usr/bin/docker-registry" "$lab/context/registry"
  layer registry:2 <<'DOCKERFILE'
FROM slipway-lab/registry:2.bare
COPY registry /usr/local/bin/registry
RUN htpasswd -Bbn lab lab-registry-password > /etc/htpasswd && \
    printf 'version: 0.1\nlog: {level: warn}\nstorage: {filesystem: {rootdirectory: /var/lib/registry}, delete: {enabled: true}}\nhttp: {addr: ":5000", tls: {certificate: /tls/registry.crt, key: /tls/registry.key}}\nauth: {htpasswd: {realm: lab, path: /etc/htpasswd}}\n' > /etc/registry.yml
CMD ["registry", "serve", "/etc/registry.yml"]
DOCKERFILE
}

start_registry() {
  [ "$(docker inspect -f '{{.State.Running}}' slipway-lab-registry 2>/dev/null)" = true ] && return
  docker rm -f slipway-lab-registry >/dev/null 2>&1 || true
  docker run -d --name slipway-lab-registry --network "$network" --ip "${registry%:*}" \
    -v "$lab/tls:/tls:ro" -v slipway-lab-registry:/var/lib/registry slipway-lab/registry:2 >/dev/null
  tries=0
  until curl -sf --cacert "$lab/tls/ca.crt" -u lab:lab-registry-password "https://$registry/v2/" >/dev/null; do
    tries=$((tries + 1))
    [ "$tries" -lt 100 ] || die 'the registry did not start'
    sleep 0.1
  done
}

# Base images take seconds to pull and unpack, on every new host. So one host pulls them once, and each new host starts on a
# copy of what that one's engine kept.
seed() {
  volume=slipway-lab-seed-$key
  docker volume inspect "$volume" >/dev/null 2>&1 && return
  say 'preparing the disk of new hosts: pulling the base images once'
  docker login -u lab -p lab-registry-password "$registry" >/dev/null 2>&1
  docker volume ls -q --filter name=slipway-lab-seed- | xargs -r docker volume rm >/dev/null
  docker rm -f slipway-lab-seeder >/dev/null 2>&1 || true
  docker run -d --name slipway-lab-seeder --privileged --network "$network" --tmpfs /run -v slipway-lab-seeding:/var/lib/docker \
    slipway-lab/host:sid >/dev/null
  docker exec slipway-lab-seeder mkdir -p "/etc/docker/certs.d/$registry"
  docker cp -q "$lab/tls/ca.crt" "slipway-lab-seeder:/etc/docker/certs.d/$registry/ca.crt"
  docker exec slipway-lab-seeder sh -c 'until docker version >/dev/null 2>&1; do sleep 0.1; done'
  docker exec slipway-lab-seeder docker login -u lab -p lab-registry-password "$registry" >/dev/null 2>&1
  for name in node:24 nginx:1 redis:7; do
    docker tag "slipway-lab/$name" "$registry/base/$name"
    docker push -q "$registry/base/$name" >/dev/null
    docker exec slipway-lab-seeder docker pull -q "$registry/base/$name" >/dev/null
  done
  docker stop slipway-lab-seeder >/dev/null
  docker run --rm -v slipway-lab-seeding:/from:ro -v "$volume:/to" slipway-lab/redis:7 cp -a /from/. /to
  docker rm slipway-lab-seeder >/dev/null
  docker volume rm slipway-lab-seeding >/dev/null
}

registry_certificate
registry_image
start_registry
node_image
nginx_image
redis_image
host_image
seed
