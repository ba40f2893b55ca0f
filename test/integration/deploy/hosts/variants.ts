/** A host as people have them: one difference from a good one, and how a release to it has to end. docs/hosts.md is made from this list. */
export interface Variant {
  /** The host in a few words of Markdown. */
  readonly name: string;
  /** What is not the real thing in the lab; nothing, when all of it is. */
  readonly standIn?: string;
  /** Lines of sh that root runs on the host, before and after. */
  readonly arrange?: string;
  readonly restore?: string;
  /** What /usr/local/bin/docker is while it lasts. */
  readonly docker?: string;
  /** What is added to the environment in slipway.yml. */
  readonly settings?: string;
  /** A part of a file of the repository, and what stands there instead. */
  readonly edit?: readonly [file: string, part: string, by: string];
  /** What the log says besides. */
  readonly says?: string;
  /** The refusals, in their order; none for a host that a release is deployed to. */
  readonly refused?: readonly string[];
  /** The warnings; those of a plain host when nothing is said. */
  readonly warned?: readonly string[];
}

/** What is warned of on every host whose Docker is as it was installed. */
export const PLAIN = ['logs-unbounded'];

const away = (...files: string[]): Pick<Variant, 'arrange' | 'restore'> => ({
  arrange: files.map((file) => `mv ${file} ${file}.away`).join('\n'),
  restore: files.map((file) => `mv ${file}.away ${file}`).join('\n'),
});

/** The real Docker, whose words on itself are rewritten by sed. */
const saying = (expression: string): Pick<Variant, 'docker' | 'standIn'> => ({
  docker: `#!/bin/sh
[ "$1" = info ] || exec /usr/bin/docker "$@"
/usr/bin/docker "$@" >/tmp/said.$$ || exit
sed '${expression}' /tmp/said.$$
rm /tmp/said.$$
`,
  standIn: '`docker info` is rewritten',
});

const closed = {
  arrange: 'gpasswd -d deploy docker >/dev/null',
  restore: 'usermod -aG docker deploy',
};
const killing = (more = ''): string =>
  `mkdir -p /run/systemd/system /etc/systemd && printf '[Login]\\nKillUserProcesses=yes\\n${more}' >/etc/systemd/logind.conf`;
const systemdGone = 'rm -rf /run/systemd/system /etc/systemd/logind.conf /var/lib/systemd/linger';
const small = (options: string): Pick<Variant, 'arrange' | 'restore'> => ({
  arrange: `mount -t tmpfs -o ${options},uid=$(id -u deploy),mode=755 tmpfs /home/deploy/slipway`,
  restore: 'umount /home/deploy/slipway',
});
const ROOTLESS = saying('s/^security .*/security [name=seccomp,profile=builtin name=rootless]/');
const SELINUX = saying('s/^security .*/security [name=seccomp,profile=builtin name=selinux]/');
const FOLDER = './nginx:/etc/nginx/conf.d:ro';

export const VARIANTS: readonly Variant[] = [
  { name: 'A plain host, Docker as it was installed' },
  { name: 'The user is not in the group `docker`', ...closed, refused: ['docker-permission'] },
  {
    name: 'Docker for `sudo -n` only',
    standIn: '`sudo` is a script that says yes',
    arrange: `${closed.arrange}; printf '#!/bin/sh\\nexit 0\\n' >/usr/local/bin/sudo; chmod 755 /usr/local/bin/sudo`,
    restore: `${closed.restore}; rm /usr/local/bin/sudo`,
    refused: ['docker-permission'],
  },
  {
    name: 'Docker does not run',
    standIn: 'its socket is taken away',
    ...away('/var/run/docker.sock'),
    refused: ['docker-unavailable'],
  },
  { name: 'Docker is not installed', ...away('/usr/bin/docker'), refused: ['tool-missing'] },
  {
    name: 'Docker lies where only login shells look (`~/bin`)',
    arrange: 'mkdir /home/deploy/bin && mv /usr/bin/docker /home/deploy/bin/',
    restore: 'mv /home/deploy/bin/docker /usr/bin/ && rmdir /home/deploy/bin',
  },
  {
    name: 'Docker Engine 19.03',
    ...saying('s/^engine .*/engine 19.03.15/'),
    refused: ['docker-old'],
  },
  {
    name: 'Docker Engine 20.10, as in Debian 12',
    ...saying('s/^engine .*/engine 20.10.24+dfsg1/'),
  },
  {
    name: 'No Docker Compose',
    ...away('/usr/libexec/docker/cli-plugins/docker-compose'),
    refused: ['compose-missing'],
  },
  {
    name: 'Docker Compose v1 only (`docker-compose`)',
    standIn: 'v1 is an empty script',
    arrange: `${away('/usr/libexec/docker/cli-plugins/docker-compose').arrange ?? ''}; printf '#!/bin/sh\\n' >/usr/local/bin/docker-compose; chmod 755 /usr/local/bin/docker-compose`,
    restore: `${away('/usr/libexec/docker/cli-plugins/docker-compose').restore ?? ''}; rm /usr/local/bin/docker-compose`,
    refused: ['compose-missing'],
  },
  {
    name: 'Docker Compose 2.5',
    ...saying('s/^compose .*/compose 2.5.1/'),
    refused: ['compose-old'],
  },
  {
    name: 'Rootless Docker, with lingering',
    ...ROOTLESS,
    arrange:
      'mkdir -p /run/systemd/system /var/lib/systemd/linger && touch /var/lib/systemd/linger/deploy && sysctl -qw net.ipv4.ip_unprivileged_port_start=1024',
    restore: `${systemdGone}; sysctl -qw net.ipv4.ip_unprivileged_port_start=0`,
    standIn: '`docker info` is rewritten; no systemd',
    warned: ['rootless-port', ...PLAIN],
  },
  {
    name: 'Rootless Docker, without lingering',
    ...ROOTLESS,
    arrange: 'mkdir -p /run/systemd/system',
    restore: systemdGone,
    standIn: '`docker info` is rewritten; no systemd',
    refused: ['linger-missing'],
  },
  {
    name: "Docker's socket is in the user's runtime folder only, and `DOCKER_HOST` not set",
    standIn: 'it is the socket of the Docker that runs as root',
    arrange:
      'mkdir -p "/run/user/$(id -u deploy)" && mv /run/docker.sock "/run/user/$(id -u deploy)/"',
    restore: 'mv "/run/user/$(id -u deploy)/docker.sock" /run/',
  },
  {
    name: "Podman's Docker socket",
    ...saying('s|^docker-root .*|docker-root /var/lib/containers/storage|'),
    refused: ['docker-podman'],
  },
  {
    name: "Podman's command `docker`",
    standIn: "a script that says Podman's words",
    docker: `#!/bin/sh
echo 'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.' >&2
case "$*" in *config*) exec /usr/bin/docker "$@" ;; esac
echo "Error: template: info:1: can't evaluate field ServerVersion in type *define.Info" >&2
exit 125
`,
    refused: ['docker-podman'],
  },
  {
    name: 'Docker from snap',
    standIn: 'a link at `/snap/bin`, no snap',
    arrange: 'mkdir -p /snap/bin && mv /usr/bin/docker /snap/bin/',
    restore: 'mv /snap/bin/docker /usr/bin/ && rm -r /snap',
    refused: ['docker-snap'],
  },
  { name: 'No `flock`', ...away('/usr/bin/flock'), refused: ['tool-missing'] },
  { name: 'No `tar`', ...away('/usr/bin/tar'), refused: ['tool-missing'] },
  { name: 'No `awk`', ...away('/usr/bin/awk'), refused: ['tool-missing'] },
  {
    name: 'Neither `setsid` nor `timeout`',
    ...away('/usr/bin/setsid', '/usr/bin/timeout'),
    refused: ['tool-missing', 'tool-missing'],
  },
  { name: 'No `curl`', ...away('/usr/bin/curl') },
  {
    name: 'The tools of busybox',
    standIn: 'all but `flock`, which its package for Debian lacks',
    arrange:
      'for tool in awk date df grep sed setsid tail tar timeout tr; do ln -s "$(command -v busybox)" /usr/local/bin/$tool; done',
    restore: 'cd /usr/local/bin && rm awk date df grep sed setsid tail tar timeout tr',
  },
  {
    name: 'Programs under `/tmp` may not run (`noexec`)',
    arrange: 'mount -t tmpfs -o noexec,mode=1777 tmpfs /tmp',
    restore: 'umount /tmp',
  },
  {
    name: 'Files are made for their owner alone (`umask 077`)',
    arrange: "echo 'umask 077' >/home/deploy/.bashrc",
    restore: 'rm /home/deploy/.bashrc',
  },
  {
    name: '`KillUserProcesses=yes`',
    standIn: 'the setting is there, no systemd',
    arrange: killing(),
    restore: systemdGone,
    refused: ['processes-killed'],
  },
  {
    name: '`KillUserProcesses=yes`, but not for this user',
    standIn: 'the setting is there, no systemd',
    arrange: killing('KillExcludeUsers=root deploy\\n'),
    restore: systemdGone,
  },
  { name: 'Less than 64 MiB for the release', ...small('size=1m'), refused: ['disk-full'] },
  { name: 'Not a byte for the release', ...small('size=4k'), refused: ['disk-full', 'disk-full'] },
  { name: 'No inodes for the release', ...small('size=200m,nr_inodes=60'), refused: ['disk-full'] },
  {
    name: "Less than 1 GiB for Docker's data",
    ...saying('s|^docker-root .*|docker-root /mnt|'),
    arrange: 'mount -t tmpfs -o size=100m tmpfs /mnt',
    restore: 'umount /mnt',
    refused: ['disk-full'],
  },
  { name: 'A read-only file system', ...small('size=200m,ro'), refused: ['disk-read-only'] },
  {
    name: 'A folder that belongs to somebody else',
    settings: 'path: /srv/theirs',
    arrange: 'mkdir /srv/theirs',
    restore: 'rmdir /srv/theirs',
    refused: ['not-writable'],
  },
  {
    name: 'No place in memory for the password of the registry',
    arrange: 'chmod 755 /dev/shm',
    restore: 'chmod 1777 /dev/shm',
    refused: ['memory-missing'],
  },
  { name: 'SELinux, folders mounted without `:z`', ...SELINUX, refused: ['selinux-label'] },
  {
    name: 'SELinux, folders mounted with `:z`',
    ...SELINUX,
    edit: ['docker-compose.yml', FOLDER, `${FOLDER},z`],
  },
  {
    name: 'The clock is an hour ahead',
    standIn: '`date` is a script',
    arrange: `printf '#!/bin/sh\\n[ "$1" = +%%s ] && exec /usr/bin/date -d "1 hour" +%%s\\nexec /usr/bin/date "$@"\\n' >/usr/local/bin/date; chmod 755 /usr/local/bin/date`,
    restore: 'rm /usr/local/bin/date',
    warned: ['clock-off', ...PLAIN],
  },
  {
    name: 'Another processor than the images were built for',
    edit: ['v2.json', '"revision"', '"platforms": ["linux/s390x"], "revision"'],
    refused: ['host-platform'],
  },
  {
    name: 'As large as `requires-host` asks for',
    settings: 'requires-host: { memory: 500MB, cores: 1, disk: 1GB }',
  },
  {
    name: 'Smaller than `requires-host` asks for',
    settings: 'requires-host: { memory: 9000GB, cores: 999, disk: 900000GB }',
    refused: ['host-too-small', 'host-too-small', 'host-too-small'],
  },
  {
    name: 'Less free memory than a second version of a service reserves: the old one is stopped first',
    edit: ['docker-compose.yml', '    build: .', '    build: .\n    mem_reservation: 9000g'],
    says: '  web: stop-first, changed; 9663.68 GB for a second version do not fit into the ',
  },
  {
    name: 'Less free memory than a new service reserves',
    edit: [
      'docker-compose.yml',
      '  nginx:',
      '  more:\n    image: ${NGINX_IMAGE}\n    mem_reservation: 9000g\n  nginx:',
    ],
    refused: ['memory-short'],
  },
  {
    name: 'A limit for logs in `daemon.json`',
    arrange: `[ ! -e /etc/docker/daemon.json ] && echo '{ "log-opts": { "max-size": "10m" } }' >/etc/docker/daemon.json`,
    restore: 'rm /etc/docker/daemon.json',
    warned: [],
  },
  {
    name: 'Several of these at once',
    standIn: 'the setting is there, no systemd',
    arrange: `${closed.arrange}; ${killing()}; mv /usr/bin/flock /usr/bin/flock.away`,
    restore: `${closed.restore}; ${systemdGone}; mv /usr/bin/flock.away /usr/bin/flock`,
    refused: ['tool-missing', 'docker-permission', 'processes-killed'],
  },
];
