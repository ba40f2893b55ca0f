import { parseSize, formatSize } from '../kit/size.ts';
import { type Problem, UserError } from '../kit/errors.ts';
import type { HostNeeds } from '../config/schema.ts';
import { type HostFacts, roomOf } from './host-facts.ts';

/** What speaks for or against releasing to a host: some of it stops, the rest is told. */
export interface Finding extends Problem {
  readonly stops: boolean;
}

/** A finding as it is told: of which host. */
export function atHost(finding: Finding, host: string): UserError {
  return new UserError({ ...finding, message: `${host}: ${finding.message}` });
}

/**
 * The oldest Docker Engine and Compose. Engine: 20.10 is what the oldest distribution with support ships (Debian 12), and nothing here
 * needs a later one. Compose: 2.20 is the first that reads today's files (`include`, `depends_on.required`) and takes
 * `config --format json`, `--no-recreate --scale` and `run -T` as we use them.
 * Source: https://docs.docker.com/compose/releases/release-notes/
 */
const OLDEST = { engine: '20.10', compose: '2.20' };

/** Free room without which nothing begins, in KiB: a small image where Docker keeps its data, the files of a release in its folder. */
const ROOM_KIB = [1_048_576, 65_536];
const INODES = 10_000;
const CLOCK_TOLERANCE_S = 60;

/** Everything that a host's own facts say, whatever shall be released to it. A pure function. */
export function judgeHost(facts: HostFacts, needs: HostNeeds = {}): Finding[] {
  return [
    ...dockerFindings(facts),
    ...sessionFindings(facts),
    ...roomFindings(facts),
    ...clockFindings(facts),
    ...sizeFindings(facts, needs),
  ];
}

function dockerFindings(facts: HostFacts): Finding[] {
  const found: Finding[] = [];
  const root = facts.get('docker-root') ?? '';
  const command = facts.get('docker') ?? '';
  if (root.includes('containers/storage')) {
    found.push({
      stops: true,
      id: 'docker-podman',
      message: 'What answers to docker here is Podman, which is not supported.',
      value: root,
      fix: "Install Docker Engine (https://docs.docker.com/engine/install/), and take Podman's socket away from it: unset DOCKER_HOST, sudo systemctl disable --now podman.socket",
    });
    return found;
  }
  if (command.startsWith('/snap/') || root.startsWith('/var/snap/')) {
    found.push({
      stops: true,
      id: 'docker-snap',
      message:
        'Docker is installed as a snap, which reads neither hidden folders, nor folders outside the home, nor the login for the registry in memory.',
      value: command,
      fix: "Install Docker's own packages: sudo snap remove docker (its volumes go with it: back them up first), then https://docs.docker.com/engine/install/",
    });
  }
  const system = facts.get('os');
  if (system !== undefined && system !== 'linux') {
    found.push({
      stops: true,
      id: 'docker-not-linux',
      message: 'This Docker Engine does not run Linux containers.',
      value: system,
      fix: 'Use a Linux host, or switch Docker to Linux containers.',
    });
  }
  if (older(facts.get('engine'), OLDEST.engine)) {
    found.push({
      stops: true,
      id: 'docker-old',
      message: `Docker Engine is too old: ${OLDEST.engine} is the oldest that is supported.`,
      value: facts.get('engine'),
      fix: 'Upgrade it: https://docs.docker.com/engine/install/',
    });
  }
  if (older(facts.get('compose'), OLDEST.compose)) {
    found.push({
      stops: true,
      id: 'compose-old',
      message: `Docker Compose is too old: ${OLDEST.compose} is the oldest that is supported.`,
      value: facts.get('compose'),
      fix: 'Upgrade it: sudo apt-get update && sudo apt-get install -y docker-compose-plugin; or put one newer file in its place: https://docs.docker.com/compose/install/linux/',
    });
  }
  return found;
}

/** Versions of distributions have their own endings, e.g. 28.5.2+dfsg4, and Docker's had leading zeros; what is no version is not judged. */
function older(version: string | undefined, oldest: string): boolean {
  const numbers = (text: string): number[] => (/^v?(\d+)\.(\d+)/.exec(text) ?? []).slice(1).map(Number); // prettier-ignore
  const [major, minor] = numbers(version ?? '');
  const [oldMajor = 0, oldMinor = 0] = numbers(oldest);
  if (major === undefined || minor === undefined) return false;
  return major < oldMajor || (major === oldMajor && minor < oldMinor);
}

/** Whether what outlives the connection is let live: the release itself for a while, and a rootless Docker for good. */
function sessionFindings(facts: HostFacts): Finding[] {
  const user = facts.get('user') ?? '';
  const found: Finding[] = [];
  if (killsProcesses(facts, user)) {
    found.push({
      stops: true,
      id: 'processes-killed',
      message:
        'This host ends all processes of a user who logs out (KillUserProcesses=yes), and so a release whose connection is lost.',
      value: user,
      fix: `Leave this user alone: sudo mkdir -p /etc/systemd/logind.conf.d && printf '[Login]\\nKillExcludeUsers=root ${user}\\n' | sudo tee /etc/systemd/logind.conf.d/slipway.conf && sudo systemctl restart systemd-logind (lingering does not help: it is the session that is ended)`,
    });
  }
  if (isRootless(facts) && facts.get('no-linger') !== undefined) {
    found.push({
      stops: true,
      id: 'linger-missing',
      message:
        'Docker runs rootless here, and systemd stops it, with every container, when its user logs out.',
      value: user,
      fix: `Let it go on: sudo loginctl enable-linger ${user}`,
    });
  }
  return found;
}

export function isRootless(facts: HostFacts): boolean {
  return (facts.get('security') ?? '').includes('name=rootless');
}

/** As logind.conf(5) has it: the last word on each setting counts, and root is left alone by default. */
function killsProcesses(facts: HostFacts, user: string): boolean {
  const settings = new Map(
    facts.all('logind').map(([line = '']) => {
      const [name = '', value = ''] = line.split('=').map((part) => part.trim());
      return [name, value];
    }),
  );
  const names = (setting: string): string[] =>
    (settings.get(setting) ?? '').split(/\s+/).filter((name) => name !== '');
  if (!/^(yes|true|on|1)$/i.test(settings.get('KillUserProcesses') ?? '')) return false;
  const only = names('KillOnlyUsers');
  const spared = settings.has('KillExcludeUsers') ? names('KillExcludeUsers') : ['root'];
  return !spared.includes(user) && (only.length === 0 || only.includes(user));
}

function roomFindings(facts: HostFacts): Finding[] {
  const fix =
    'Make room, for example: docker system prune -a, or give the host a larger disk. What takes it: docker system df; df -h; df -i';
  const full = (message: string, value: string): Finding => ({ stops: true, id: 'disk-full', message, value, fix }); // prettier-ignore
  const blocks = roomOf(facts, 'k').flatMap(({ place, free }, index) => {
    const needed = ROOM_KIB[index] ?? 0;
    return free < needed
      ? [full('The disk of the host is nearly full.', `${place}: ${free} KiB free, ${needed} KiB needed`)] // prettier-ignore
      : [];
  });
  const inodes = roomOf(facts, 'i').flatMap(({ place, free }) =>
    free < INODES
      ? [full('The disk of the host has room, but no inodes for more files.', `${place}: ${free} inodes free, ${INODES} needed`)] // prettier-ignore
      : [],
  );
  return [...blocks, ...inodes];
}

function clockFindings(facts: HostFacts): Finding[] {
  const ahead = facts.clockAheadS();
  if (Math.abs(ahead) <= CLOCK_TOLERANCE_S) return [];
  return [
    {
      stops: false,
      id: 'clock-off',
      message:
        'The clock of the host is off: its ledger and its logs tell wrong times, and certificates may seem invalid.',
      value: `${Math.abs(ahead)} s ${ahead > 0 ? 'ahead of' : 'behind'} the runner`,
      fix: 'Let it keep time: sudo timedatectl set-ntp true',
    },
  ];
}

function sizeFindings(facts: HostFacts, { memory, cores, disk }: HostNeeds): Finding[] {
  const small = (what: string, has: string, wanted: string): Finding => ({
    stops: true,
    id: 'host-too-small',
    message: `The host has less ${what} than slipway.yml asks for.`,
    value: `${has} < ${wanted}`,
    fix: 'Give the host more, or lower requires-host in slipway.yml.',
  });
  const found: Finding[] = [];
  const bytes = facts.number('memory');
  if (memory !== undefined && bytes !== undefined && bytes < parseSize(memory))
    found.push(small('memory', formatSize(bytes), memory));
  const has = facts.number('cores');
  if (cores !== undefined && has !== undefined && has < cores)
    found.push(small('processor cores', String(has), String(cores)));
  const total = roomOf(facts, 'k')[0]?.total;
  if (disk !== undefined && total !== undefined && total * 1024 < parseSize(disk))
    found.push(small('disk where Docker keeps its data', formatSize(total * 1024), disk));
  return found;
}
