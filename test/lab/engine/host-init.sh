#!/bin/sh
# PID 1 (under tini) of a lab host: what an init system would start on a real one, a Docker Engine and sshd.
for controller in /sys/fs/cgroup/*; do
  mountpoint -q "$controller" && mount -o remount,bind,rw "$controller"
done
# A power-off leaves these behind, and the daemons refuse to start over them.
rm -f /run/docker.pid /var/run/docker/containerd/containerd.pid

# Where the registry is to be found on everybody's own loopback.
[ -z "${REGISTRY-}" ] ||
  socat "TCP-LISTEN:${REGISTRY#*:},bind=${REGISTRY%:*},fork,reuseaddr" "TCP:$REGISTRY_AT:${REGISTRY#*:}" &

[ -f /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
mkdir -p /run/sshd
/usr/sbin/sshd -D -e -o LogLevel=VERBOSE -o PasswordAuthentication=no -o UseDNS=no 2>>/var/log/sshd.log &

trap 'kill $(cat /run/docker.pid); wait; exit 0' TERM
dockerd --log-level warn --init-path /usr/bin/tini-static >>/var/log/dockerd.log 2>&1 &
wait
