import type { ReleaseRecord } from '../release/record.ts';
import { GENERATED } from './compose.ts';
import type { HostFacts } from './host-facts.ts';
import type { Model } from './model.ts';
import { type Finding, isRootless } from './preflight.ts';

/** What a release asks of this host in particular. A pure function. @param root the folder of the environment, absolute */
export function judgeModel(
  facts: HostFacts,
  model: Model,
  { services: built }: Pick<ReleaseRecord, 'services'>,
  root: string,
): Finding[] {
  return [
    ...platformFindings(facts, model, built),
    ...labelFindings(facts, model, root),
    ...portFindings(facts, model),
    ...logFindings(facts, model),
  ];
}

/** The names of the kernel, as `docker info` gives them, for those of images. */
const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  armv7l: 'arm',
  armv6l: 'arm',
  i686: '386',
  i386: '386',
};

function platformFindings(
  facts: HostFacts,
  model: Model,
  built: ReleaseRecord['services'],
): Finding[] {
  const kernel = facts.get('architecture');
  if (kernel === undefined) return [];
  const architecture = ARCHITECTURES[kernel] ?? kernel;
  const other = Object.entries(built).filter(
    ([name, { platforms }]) =>
      Object.hasOwn(model.services, name) &&
      model.services[name]?.platform === undefined &&
      platforms?.some((platform) => platform.split('/')[1] === architecture) === false,
  );
  if (other.length === 0) return [];
  return [
    {
      stops: true,
      id: 'host-platform',
      message: `The images were not built for the processor of this host, linux/${architecture}.`,
      value: other
        .map(([name, { platforms = [] }]) => `${name}: ${platforms.join(', ')}`)
        .join('; '),
      fix: `Build for it too: in slipway.yml, platforms: [linux/${architecture}] under each of these services (a second platform needs docker/setup-qemu-action in the build job).`,
    },
  ];
}

/** Under SELinux a container reads a bound folder only when that is labelled so. Our own folder never is by itself. */
function labelFindings(facts: HostFacts, model: Model, root: string): Finding[] {
  // Without the flag of the engine, containers are not confined; 0 is a kernel that only writes down what it would have refused.
  if (facts.get('selinux') === '0' || !(facts.get('security') ?? '').includes('name=selinux'))
    return [];
  const bare = Object.entries(model.services).flatMap(([service, { volumes = [] }]) =>
    volumes.flatMap(({ type, source = '', target, bind }) =>
      // What stands there for development is not released.
      type === 'bind' && bind?.selinux === undefined && target !== GENERATED
        ? [{ service, source }]
        : [],
    ),
  );
  const finding = (stops: boolean, found: typeof bare): Finding[] =>
    found.length === 0
      ? []
      : [
          {
            stops,
            id: 'selinux-label',
            message: stops
              ? 'SELinux will not let the containers read these files of the release.'
              : 'SELinux lets containers read these folders only if they are labelled for it already.',
            value: found.map(({ service, source }) => `${service}: ${source}`).join(', '),
            fix: 'Add :z to each of these volumes in the Compose file, e.g. ./nginx:/etc/nginx/conf.d:ro,z (:Z for one container alone; never on a folder of the system).',
          },
        ];
  const ours = (source: string): boolean => source.startsWith(`${root}/`);
  return [
    ...finding(
      true,
      bare
        .filter(({ source }) => ours(source))
        .map(({ service, source }) => ({
          service,
          source: source.replace(/^.*\/incoming\/[^/]+\/src\//, './'),
        })),
    ),
    ...finding(
      false,
      bare.filter(({ source }) => !ours(source)),
    ),
  ];
}

/** A rootless Docker may not open the low ports, unless the host says so. A capability of its port driver cannot be seen from here. */
function portFindings(facts: HostFacts, model: Model): Finding[] {
  const lowest = facts.number('lowest-port') ?? 1024;
  if (!isRootless(facts)) return [];
  const low = Object.values(model.services)
    .flatMap(({ ports = [] }) => ports.map(({ published }) => Number(published ?? 0)))
    .filter((port) => port > 0 && port < lowest);
  if (low.length === 0) return [];
  return [
    {
      stops: false,
      id: 'rootless-port',
      message: 'Docker runs rootless here, and may not be allowed to open these ports.',
      value: [...new Set(low)].join(', '),
      fix: `Allow it: echo net.ipv4.ip_unprivileged_port_start=${Math.min(...low)} | sudo tee /etc/sysctl.d/50-rootless-ports.conf && sudo sysctl --system`,
    },
  ];
}

function logFindings(facts: HostFacts, model: Model): Finding[] {
  const driver = facts.get('log-driver');
  const limited = facts.get('log-limit') !== undefined;
  const unbounded = Object.entries(model.services).flatMap(([name, { logging }]) => {
    const own = logging?.driver ?? driver;
    if (own !== 'json-file' || logging?.options?.['max-size'] !== undefined) return [];
    // The options of the daemon hold for its own driver, and for services that name none.
    return limited && logging?.driver === undefined ? [] : [name];
  });
  if (unbounded.length === 0) return [];
  return [
    {
      stops: false,
      id: 'logs-unbounded',
      message: 'The logs of these services grow without end, until the disk of the host is full.',
      value: unbounded.join(', '),
      fix: 'In the Compose file, for each of them, logging: { driver: local }; or for the whole host, in /etc/docker/daemon.json, {"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}} and, at a quiet time, sudo systemctl restart docker. It holds for new containers.',
    },
  ];
}
