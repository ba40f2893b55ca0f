import { UserError } from '../kit/errors.ts';

/** The version that the host program says `hello` with. */
export const PROTOCOL = '1';

export type Verb =
  | 'prepare'
  | 'pull'
  | 'activate'
  | 'follow'
  | 'decide'
  | 'recover'
  | 'status'
  | 'history'
  | 'release';

/** One line from the host: its kind and its fields. */
export interface Line {
  readonly kind: string;
  readonly fields: readonly string[];
}

/** The states of a transaction, in order; see docs/architecture.md. */
export type Outcome =
  | 'deployed'
  | 'unchanged'
  | 'superseded'
  | 'rolled-back'
  | 'aborted'
  | 'locked'
  | 'rollback-failed'
  | 'unknown';

/** Kinds of lines that stand in the journal; the others belong to the conversation and do not count for the offset. */
const JOURNAL_KINDS = new Set([
  'state',
  'step',
  'new',
  'old',
  'touched',
  'aside',
  'failed',
  'log',
  'announced',
  'switching',
  'end',
]);

export function isJournalLine(line: Line): boolean {
  return JOURNAL_KINDS.has(line.kind);
}

export function parseLine(text: string): Line {
  const [kind = '', ...fields] = text.split('\t');
  return { kind, fields };
}

export type Arguments = Readonly<Record<string, string | number | readonly string[] | undefined>>;

/**
 * A request as bytes: the verb, its arguments one a line, an empty line. A list becomes one line for each item.
 * @throws Error (a bug) when a value holds a line break: those travel in a payload
 */
export function encodeRequest(
  verb: Verb,
  args: Arguments,
  payload: readonly Buffer[] = [],
): Buffer {
  const lines = Object.entries(args).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return (
      Array.isArray(value) ? (value as readonly string[]) : [String(value as string | number)]
    ).map((item) => {
      if (/[\r\n\0]/.test(item)) throw new Error(`the argument ${name} holds a line break`);
      return `${name} ${item}\n`;
    });
  });
  return Buffer.concat([Buffer.from(`${verb}\n${lines.join('')}\n`), ...payload]);
}

/** The packages of Debian and Ubuntu that bring a tool of another name. */
const PACKAGES: Readonly<Record<string, string>> = {
  flock: 'util-linux',
  setsid: 'util-linux',
  timeout: 'coreutils',
  awk: 'mawk',
};

/** What the host refused, in a person's words. */
export function refusal(
  [id = '', value = '', detail = '', more = '']: readonly string[],
  host: string,
): UserError {
  const problem = (message: string, fix: string, shown = value): UserError =>
    new UserError({ id, message: `${host}: ${message}`, value: shown, fix });
  switch (id) {
    case 'tool-missing':
      return problem(
        `${value} is not installed on the host, or not on the PATH of a shell without a login.`,
        value === 'docker'
          ? 'Install Docker Engine: https://docs.docker.com/engine/install/ ; if it is there, link it: sudo ln -s <where it is> /usr/local/bin/docker'
          : `Install it: sudo apt-get install -y ${PACKAGES[value] ?? value}`,
      );
    case 'docker-unavailable':
      return dockerProblem(value, detail, more === 'sudo', host);
    case 'compose-missing':
      return problem(
        detail === ''
          ? 'Docker Compose v2 is not installed.'
          : `Docker Compose v2 is not installed; ${detail} is v1, which ended in 2023 and does not know what Slipway asks of it.`,
        'Install it: sudo apt-get install -y docker-compose-plugin (docker-compose-v2 from Ubuntu itself), or as one file: https://docs.docker.com/compose/install/linux/',
      );
    case 'not-writable':
      return placeProblem(value, detail, host);
    case 'locked':
      return problem(
        'Another release is under way on this host.',
        'Wait for it to end and run this again; the value says which and since when.',
      );
    case 'compose-invalid':
      return composeProblem(value, host);
    case 'pull-failed':
      return pullProblem(value, detail, host);
    case 'memory-missing':
      return problem(
        'The host has no place in memory for the registry password, which is never written to a disk.',
        'Mount /dev/shm as tmpfs on the host.',
      );
    case 'overtaken':
      return problem(
        'Another release came first: this one was planned for what was served before it. Nothing was changed.',
        'Run the step again. A release that is newer by then stays, unless allow-older is said.',
      );
    case 'release-unknown':
      return problem(
        'This release is not kept on the host.',
        'Choose one that the history lists as kept, or deploy it again.',
      );
    case 'environment-unknown':
      return problem(
        'Nothing was ever deployed here.',
        'Check app, environment and path; or deploy first.',
      );
    default:
      return new UserError({
        id: 'host-refused-request',
        message: `${host}: the host refused: ${id}`,
        value,
        fix: 'Please report this.',
      });
  }
}

/** Docker did not answer: why, by its own words. */
function dockerProblem(said: string, user: string, bySudo: boolean, host: string): UserError {
  const name = user === '' ? '<user>' : user;
  if (/podman|can't evaluate field/i.test(said)) {
    return new UserError({
      id: 'docker-podman',
      message: `${host}: the command docker of this host is not Docker's own; Podman is not supported.`,
      value: said,
      fix: 'Install Docker Engine in its place: sudo apt-get remove -y podman-docker, then https://docs.docker.com/engine/install/',
    });
  }
  if (/permission denied/i.test(said)) {
    return new UserError({
      id: 'docker-permission',
      message: `${host}: ${name} may not speak to Docker${bySudo ? '; it would answer to sudo, which Slipway never uses' : ''}.`,
      value: said,
      fix: `Let the user in: sudo usermod -aG docker ${name}. It counts from the next login on. (Whoever may use Docker can become root on that host.)`,
    });
  }
  return new UserError({
    id: 'docker-unavailable',
    message: `${host}: Docker does not answer to this user.`,
    value: said,
    fix: 'Start it: sudo systemctl enable --now docker; what it says of itself: sudo journalctl -u docker -n 50',
  });
}

/** The folder of the release cannot be written: why, by the words of mkdir or tar. */
function placeProblem(folder: string, said: string, host: string): UserError {
  const value = said === '' ? folder : `${folder}: ${said}`;
  if (/read-only file system/i.test(said)) {
    return new UserError({
      id: 'disk-read-only',
      message: `${host}: the file system of the release is read-only.`,
      value,
      fix: `Find out why first, since Linux does that to a failing disk: sudo dmesg | tail; then: sudo mount -o remount,rw "$(findmnt -no TARGET -T ${folder})"`,
    });
  }
  if (/no space left|quota/i.test(said)) {
    return new UserError({
      id: 'disk-full',
      message: `${host}: the disk of the host is full.`,
      value,
      fix: 'Make room, for example: docker system prune -a; and look at both: df -h; df -i',
    });
  }
  return new UserError({
    id: 'not-writable',
    message: `${host}: the folder of the release cannot be written.`,
    value,
    fix: `Check the owner of the folder, and that the disk is neither full nor read-only: sudo chown -R <user> ${folder}`,
  });
}

function composeProblem(said: string, host: string): UserError {
  const missing = /required variable ([A-Za-z_][A-Za-z0-9_]*) is missing a value/.exec(said);
  if (missing) {
    return new UserError({
      id: 'variable-missing',
      message: `${host}: the Compose file requires a variable that is not set. Compose said: ${said}`,
      value: missing[1],
      fix: `Add ${missing[1] ?? ''}=... to the input env.`,
    });
  }
  return new UserError({
    id: 'compose-invalid',
    message: `${host}: Docker Compose refuses the Compose files.`,
    value: said,
    fix: 'Mend what Compose names; try it with: docker compose config',
  });
}

function pullProblem(image: string, said: string, host: string): UserError {
  const problem = (id: string, message: string, fix: string): UserError =>
    new UserError({ id, message: `${host}: ${message} Docker said: ${said}`, value: image, fix });
  // Names and digests may hold any word and number.
  const why = said.replaceAll(image, '').replaceAll(/https?:\/\/[^\s"]+/g, '');
  if (/x509|certificate/i.test(why)) {
    return problem(
      'registry-certificate',
      'The host does not trust the certificate of the registry.',
      "If the registry has an authority of its own, put that authority's certificate into /etc/docker/certs.d/<registry>/ca.crt on the host; else check the host's clock.",
    );
  }
  if (/server gave HTTP response to HTTPS client/i.test(why)) {
    return problem(
      'registry-plain-http',
      'The registry speaks plain HTTP, and the Docker Engine of the host does not allow that.',
      'Name the registry under "insecure-registries" in /etc/docker/daemon.json on the host and restart Docker; better, give the registry a certificate.',
    );
  }
  // The last of them is what docker 26 (Debian 13) says of a login that was refused.
  if (/unauthorized|forbidden|denied|no basic auth|login prior to pull/i.test(why)) {
    return problem(
      'registry-auth',
      'The registry does not let this host pull the image.',
      'Check registry-username and registry-password, or the login of the host itself where it pulls with its own (docker login, as this user); on GHCR the token needs read:packages and access to the package.',
    );
  }
  if (/manifest unknown|name unknown|no such manifest|(?<!executable file )not found/i.test(why)) {
    return problem(
      'image-not-found',
      'The image does not exist.',
      'Check that the build pushed it, and that nobody deleted it since.',
    );
  }
  if (/no space left/i.test(why))
    return problem(
      'disk-full',
      'The disk of the host is full.',
      'Make room: docker system prune -a',
    );
  return problem(
    'registry-unreachable',
    'The image could not be pulled.',
    'Check that the host reaches the registry, and run this again.',
  );
}
