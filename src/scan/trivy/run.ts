import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../../kit/clock.ts';
import type { Log } from '../../kit/log.ts';
import { run } from '../../kit/process.ts';
import type { Tool } from '../tool/find.ts';

/** The world around Trivy. */
export interface TrivyContext {
  readonly tool: Tool;
  /** The step's; Trivy sees only what it needs of it. */
  readonly env: NodeJS.ProcessEnv;
  /** Where Trivy keeps its databases and what it knows of layers. */
  readonly cacheDir: string;
  /** A private folder for this run. */
  readonly scratch: string;
  readonly log: Log;
  readonly clock: Clock;
  /** Certificates (PEM) that are trusted beside the usual ones. */
  readonly ca: string | undefined;
  /** Registries, as `host:port`, that are spoken to over plain HTTP. */
  readonly plainHttp: readonly string[];
  /** The folder of Docker's config.json, where it is not the usual one. */
  readonly dockerConfig?: string;
}

/** How a run of Trivy ended. */
export interface TrivyEnd {
  readonly code: number | null;
  /** Its deadline passed, and it was killed with all that it had started. */
  readonly timedOut: boolean;
  readonly stdout: string;
  /** What it said on stderr, without colours. */
  readonly lines: readonly string[];
}

/**
 * What Trivy may know of the step: how to reach registries and engines, and with which login. No TRIVY_*, with which a step before could
 * change a scan, no token, no input.
 */
const KEPT =
  /^(?:PATH|HOME|USER|LANG|LC_\w+|TZ|XDG_RUNTIME_DIR|RUNNER_TRACKING_ID|SSL_CERT_\w+|(?:HTTPS?|ALL|NO)_PROXY|(?:DOCKER|CONTAINERD|AWS|AZURE|GOOGLE)_\w+)$/i;

/**
 * Runs Trivy to its end or its deadline. An exit code is an answer, not an error.
 *
 * Its working directory is an empty folder, and configuration and ignore file are named: those that lie about (trivy.yaml,
 * .trivyignore, trivy-secret.yaml) are the pull request's, and would let it silence its own scan.
 * @param args a subcommand and its arguments; paths are absolute
 */
export async function runTrivy(
  args: readonly string[],
  { deadlineMs }: { readonly deadlineMs: number },
  context: TrivyContext,
): Promise<TrivyEnd> {
  const { tool, cacheDir, scratch } = context;
  const [command = '', ...rest] = args;
  // Of its own: several run at once, and none may find another's files half-written.
  const folder = mkdtempSync(join(scratch, 'trivy-'));
  const here = join(folder, 'here');
  const empty = join(folder, 'empty.yaml');
  mkdirSync(here);
  writeFileSync(empty, '');
  // Trivy has a deadline too, which does not end everything and must not come first.
  const timeout = ['--timeout', `${2 * deadlineMs}ms`];
  const own = ['--cache-dir', cacheDir, '--config', empty, '--ignorefile', empty, ...timeout];
  const { code, timedOut, stdout, stderr } = await run(tool.path, [command, ...own, ...rest], {
    cwd: here,
    env: environment(folder, context),
    timeoutMs: deadlineMs,
  });
  return { code, timedOut, stdout, lines: linesOf(stderr) };
}

function environment(folder: string, context: TrivyContext): NodeJS.ProcessEnv {
  const { env, ca, dockerConfig } = context;
  const authority = join(folder, 'ca.pem');
  if (ca !== undefined) writeFileSync(authority, ca);
  return {
    ...Object.fromEntries(Object.entries(env).filter(([name]) => KEPT.test(name))),
    ...(dockerConfig !== undefined && { DOCKER_CONFIG: dockerConfig }),
    // Beside the system's own certificates, and on macOS too, where Go does not look at SSL_CERT_FILE.
    ...(ca !== undefined && { TRIVY_CACERT: authority }),
    // What it leaves when it is killed goes with the private folder.
    TMPDIR: folder,
    // Plugins and modules in the home folder could change a scan.
    XDG_DATA_HOME: folder,
    TRIVY_NO_PROGRESS: 'true',
    TRIVY_DISABLE_TELEMETRY: 'true',
    TRIVY_SKIP_VERSION_CHECK: 'true',
  };
}

function linesOf(text: string): string[] {
  return stripVTControlCharacters(text)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
}
