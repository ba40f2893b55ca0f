import { UserError } from '../../kit/errors.ts';
import { safeLine } from '../../kit/text.ts';
import type { Program } from './pins.ts';

/** The archive cannot be had. */
export function unavailable(program: Program, url: URL, why: string): UserError {
  return new UserError({
    id: 'tool-unavailable',
    message: `${program.title} ${program.version} cannot be fetched (${safeLine(why)}).`,
    value: url.href,
    fix: `Let the runner reach this address (HTTPS_PROXY is honoured), give a mirror of the releases, or install ${program.title} ${program.accepted} on PATH in a step before.`,
  });
}

/** What was fetched is not what was released, or does not work. @param value where it came from */
export function corrupt(program: Program, value: string, why: string): UserError {
  return new UserError({
    id: 'tool-corrupt',
    message: `${program.title} ${program.version} is not what was released: ${safeLine(why)}.`,
    value,
    fix: 'Look at what lies between: a proxy that answers with a page of its own, or a mirror whose copy is damaged. If neither is to blame, take it for an attack.',
  });
}

export function unsupported(program: Program, platform: string): UserError {
  const windows = platform.startsWith('win32');
  return new UserError({
    id: 'tool-unsupported',
    message: `There is no pinned ${program.title} for this platform.`,
    value: platform,
    fix: windows
      ? 'Run the job on Linux, e.g. "runs-on: ubuntu-24.04", or on macOS: Slipway does not scan on Windows.'
      : `Install ${program.title} ${program.accepted} on PATH in a step before, or run the job on Linux or macOS, x64 or arm64.`,
  });
}
