import { posix } from 'node:path';
import { builtStage, type Dockerfile, lineage, type Stage } from './read.ts';

/** Something in a Dockerfile that a person should look at. */
export interface Finding {
  /** `root-user`, or the rule of the tool that said it. */
  readonly rule: string;
  readonly message: string;
  readonly line: number;
}

export interface RuleContext {
  readonly target: string | undefined;
  /** Compose gives the service a health check, so the image needs none. */
  readonly healthCheckElsewhere: boolean;
}

/** Our own rules: what makes an image dangerous or blind in production. */
export function ownFindings(file: Dockerfile, context: RuleContext): Finding[] {
  const stage = builtStage(file, context.target);
  if (stage === undefined) return [];
  const chain = lineage(file, stage);
  return [
    ...movingBases(file),
    ...copiedSecrets(file),
    ...rootUser(chain),
    ...(context.healthCheckElsewhere ? [] : noHealthCheck(chain)),
  ].sort((a, b) => a.line - b.line);
}

function movingBases({ stages }: Dockerfile): Finding[] {
  return stages.flatMap(({ base, line }, index) => {
    const own = stages.slice(0, index).some(({ name }) => name === base.toLowerCase());
    if (own || base === 'scratch' || base.includes('@') || base.includes('$')) return [];
    const tag = /:([^:/]+)$/.exec(base)?.[1];
    if (tag !== undefined && tag !== 'latest') return [];
    const message = `The base image ${base} ${tag === undefined ? 'has no tag' : 'is latest'}: it changes without notice, and the same commit gives another image. Name a version, or a digest.`;
    return [{ rule: 'base-latest', message, line }];
  });
}

const SECRET_FILE =
  /^(?:\.env(?:\..*)?|id_(?:rsa|dsa|ecdsa|ed25519)|.*\.(?:pem|key|p12|pfx)|\.netrc|\.pypirc|\.git-credentials)$/;
const HARMLESS = /\.(?:example|sample|template|dist)$/;

function copiedSecrets({ stages }: Dockerfile): Finding[] {
  return stages.flatMap(({ instructions }) =>
    instructions
      .filter(({ keyword, flags }) => ['COPY', 'ADD'].includes(keyword) && !flags.includes('from'))
      .flatMap(({ words, line }) =>
        words
          .slice(0, -1)
          .filter((path) => isSecret(posix.basename(path)))
          .map((path) => ({
            rule: 'secret-copied',
            message: `${path} looks like a secret, and everyone who can pull the image can read it. Mount it for the one step that needs it (RUN --mount=type=secret) and give it with the input secrets.`,
            line,
          })),
      ),
  );
}

function isSecret(name: string): boolean {
  return SECRET_FILE.test(name) && !HARMLESS.test(name);
}

function rootUser(chain: readonly Stage[]): Finding[] {
  const user = chain.flatMap(({ instructions }) =>
    instructions.filter(({ keyword }) => keyword === 'USER').slice(-1),
  )[0];
  const [first = ''] = user?.words ?? [];
  const base = chain.at(-1)?.base ?? '';
  // Such images, Google's distroless for one, come with a user of their own.
  if (user === undefined && base.includes('nonroot')) return [];
  if (user !== undefined && !/^(?:root|0)(?::|$)/.test(first)) return [];
  const message = `The image runs as root${user === undefined ? ', unless its base image says otherwise' : ''}: whoever breaks into the service owns the container. Add "USER 1000" or another user at the end.`;
  return [{ rule: 'root-user', message, line: user?.line ?? chain[0]?.line ?? 1 }];
}

function noHealthCheck(chain: readonly Stage[]): Finding[] {
  const check = chain.flatMap(({ instructions }) =>
    instructions.filter(({ keyword }) => keyword === 'HEALTHCHECK').slice(-1),
  )[0];
  if (check !== undefined && check.words[0]?.toUpperCase() !== 'NONE') return [];
  const message =
    'Neither the image nor the Compose file has a health check for it, so a deploy cannot tell whether it works. Add HEALTHCHECK, or healthcheck: in the Compose file.';
  return [{ rule: 'no-healthcheck', message, line: check?.line ?? chain[0]?.line ?? 1 }];
}
