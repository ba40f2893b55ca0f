import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { valid } from 'semver';
import { formatDuration } from '../../kit/duration.ts';
import { messageOf, UserError } from '../../kit/errors.ts';
import { run } from '../../kit/process.ts';
import { lastLines, safeLine } from '../../kit/text.ts';
import type { Program } from './pins.ts';

/** Of the line that names the main module and its version, in characters. */
const LONGEST_LINE = 200;

/** The version of a binary, or why it has none that can be read: a half-sentence that goes on after its path. */
export type Version =
  { readonly version: string } | { readonly version?: never; readonly why: string };

/**
 * Asks a binary for its version. Nobody knows yet what it is: so what Go wrote into it is read before it is run, and when it is run, it
 * sees nothing of the step (no token, no input, no home) and has an empty folder and a deadline.
 * @param scratch a private folder
 * @param askMs how long it has, in milliseconds
 * @throws UserError `tool-malicious`
 */
export async function versionOf(
  path: string,
  program: Program,
  scratch: string,
  askMs: number,
): Promise<Version> {
  const empty = mkdtempSync(join(scratch, 'ask-'));
  try {
    const written = await writtenVersion(path, program.module);
    if (written !== undefined) refuseMalicious(written, path, program);
    const { code, stdout, stderr, timedOut } = await run(path, program.ask, {
      cwd: empty,
      env: { HOME: empty, PATH: '/usr/bin:/bin' },
      timeoutMs: askMs,
    });
    if (timedOut) return { why: `does not say its version within ${formatDuration(askMs)}` };
    const version = program.answer.exec(stdout)?.[1];
    if (code !== 0 || version === undefined) {
      const [said = `it ended with ${code ?? 'a signal'}`] = lastLines(stderr || stdout, 1);
      return { why: `does not say its version (${safeLine(said)})` };
    }
    refuseMalicious(version, path, program);
    return { version: safeLine(version) };
  } catch (error) {
    if (error instanceof UserError) throw error;
    return { why: `cannot be run (${safeLine(messageOf(error))})` };
  } finally {
    rmSync(empty, { recursive: true, force: true });
  }
}

/**
 * The version that Go wrote into a binary beside the name of its main module; undefined where there is none.
 * Source: the format of runtime/debug.BuildInfo.String, which lies in the binary as it is.
 */
export async function writtenVersion(path: string, module: string): Promise<string | undefined> {
  const line = new RegExp(`\\nmod\\t${module.replaceAll('.', '\\.')}\\tv([\\w.+-]+)[\\t\\n]`);
  let rest = '';
  for await (const chunk of createReadStream(path, {
    encoding: 'latin1',
    highWaterMark: 4 * 1024 * 1024,
  }) as AsyncIterable<string>) {
    const text = rest + chunk;
    const found = line.exec(text)?.[1];
    if (found !== undefined) return found;
    rest = text.slice(-LONGEST_LINE);
  }
  return undefined;
}

function refuseMalicious(version: string, path: string, program: Program): void {
  const known = program.malicious.find((malicious) => malicious === valid(version));
  if (known === undefined) return;
  throw new UserError({
    id: 'tool-malicious',
    message: `${program.title} ${known} was published by an attacker: it steals every secret that it can reach.`,
    value: path,
    fix: `Take this machine for compromised: stop using it, and renew every secret that a job on it could read. Then remove ${program.title} from the image, or put ${program.version} there; without one, Slipway fetches it.`,
  });
}
