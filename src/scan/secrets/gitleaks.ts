import { stripVTControlCharacters } from 'node:util';
import type { Clock } from '../../kit/clock.ts';
import { formatDuration } from '../../kit/duration.ts';
import { UserError } from '../../kit/errors.ts';
import type { Log } from '../../kit/log.ts';
import { run } from '../../kit/process.ts';
import { plural, safeLine } from '../../kit/text.ts';
import type { Tool } from '../tool/find.ts';
import { type Leak, parseLeaks } from './leaks.ts';
import { type Pass, type Quarry, shown, unreadable } from './quarry.ts';
import { invalid, type Rules } from './rules.ts';
import type { Tally } from './tally.ts';

/** Its exit code for leaks; 1 is what it says for everything that goes wrong, and 126 and 2 for bad arguments and a crash. */
const LEAKS = 77;
/** How often a long scan says that it is still at work. */
const SIGN_OF_LIFE_MS = 30_000;

export interface GitleaksContext {
  readonly tool: Tool;
  readonly rules: Rules;
  readonly quarry: Quarry;
  /** Whether a line with the comment gitleaks:allow counts as allowed. */
  readonly allowComments: boolean;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * Has gitleaks scan the commits of a pass, and makes sure that it did.
 * @param deadline when it is ended, in the clock's milliseconds
 * @throws UserError `gitleaks-timeout`, `gitleaks-incomplete`, `gitleaks-rules-invalid` or `git-failed`
 */
export async function scanPass(
  pass: Pass,
  deadline: number,
  context: GitleaksContext,
): Promise<Leak[]> {
  const { quarry, log } = context;
  const what = plural(pass.commits, 'commit');
  const options = `--log-opts=${shown(pass).join(' ')}`;
  const args = ['git', '--platform=none', options, quarry.folder];
  const ended = new AbortController();
  // Counted at the same time; the answer is asked for when gitleaks has had its say.
  const late = AbortSignal.timeout(remaining(deadline, context));
  const counting = quarry
    .tally(pass, AbortSignal.any([ended.signal, late]))
    .catch((error: unknown) => {
      throw late.aborted ? timeout() : error;
    });
  counting.catch(() => undefined);
  const alive = signsOfLife(`Scanning ${what}`, context, ended.signal);
  try {
    const { leaks, scanned } = await gitleaks(args, '', deadline, context);
    const expected = await counting;
    if (scanned.commits !== expected.commits || scanned.bytes !== expected.bytes)
      throw incomplete(`it scanned ${inWords(scanned)}, and there are ${inWords(expected)}`);
    log.info(`Scanned ${what}, of which ${expected.commits} change a text`);
    return leaks;
  } finally {
    ended.abort();
    await alive;
  }
}

/**
 * Which of these names hold a secret themselves; such a name must not be shown.
 * @throws UserError as {@link scanPass}
 */
export async function secretNames(
  names: readonly string[],
  deadline: number,
  context: GitleaksContext,
): Promise<ReadonlySet<string>> {
  const lines = names.map((name) => name.replaceAll(/[\r\n]/g, ' '));
  const { leaks } = await gitleaks(['stdin'], `${lines.join('\n')}\n`, deadline, context);
  return new Set(leaks.flatMap(({ line, endLine }) => names.slice(line - 1, endLine)));
}

interface End {
  readonly leaks: Leak[];
  readonly scanned: Tally;
}

function inWords({ commits, bytes }: Tally): string {
  return `${plural(commits, 'commit')} with ${plural(bytes, 'byte')} of text`;
}

/** Runs it to its end. The report goes to stdout: nothing of it is ever in a file. */
async function gitleaks(
  [command = '', ...args]: readonly string[],
  input: string,
  deadline: number,
  context: GitleaksContext,
): Promise<End> {
  const { tool, rules, quarry, allowComments, log } = context;
  const common = [
    ...['--no-banner', '--no-color', '--log-level=info', '--redact=100', `--exit-code=${LEAKS}`],
    ...['--report-format=json', '--report-path=-', `--gitleaks-ignore-path=${rules.ignore}`],
    ...(rules.config === undefined ? [] : [`--config=${rules.config}`]),
    ...(allowComments ? [] : ['--ignore-gitleaks-allow']),
  ];
  const { code, signal, stdout, stderr, timedOut } = await run(
    tool.path,
    [command, ...common, ...args],
    {
      cwd: rules.folder,
      env: quarry.env,
      input,
      timeoutMs: remaining(deadline, context),
    },
  );
  if (timedOut) throw timeout();
  // What it says before it has read its arguments is in colour whatever they are.
  const said = stripVTControlCharacters(stderr)
    .split('\n')
    .filter((line) => line.trim() !== '');
  const level = (...levels: readonly string[]): string[] =>
    said.flatMap((line) => {
      const [, word = '', text = ''] = /^\S+ ([A-Z]{3}) (.*)$/.exec(line) ?? [];
      return levels.includes(word) ? [text] : [];
    });
  for (const text of level('WRN'))
    if (!text.startsWith('leaks found')) log.foreign('gitleaks', text);
  const errors = level('ERR', 'FTL', 'PNC');
  const leaks = parseLeaks(stdout);
  const well = (code === 0 && leaks?.length === 0) || (code === LEAKS && (leaks?.length ?? 0) > 0);
  if (!well || leaks === undefined || errors.length > 0)
    throw failure(
      errors[0] ??
        said.find((line) => line.startsWith('panic: ')) ??
        `it ended with ${code ?? signal ?? '?'}`,
      rules,
    );
  const told = level('INF').join('\n');
  // Where it does not say, it is no number, and equal to none.
  const number = (pattern: RegExp): number => Number(pattern.exec(told)?.[1] ?? NaN);
  const scanned = {
    commits: number(/^(\d+) commits scanned/m),
    bytes: number(/^scanned ~(\d+) bytes/m),
  };
  return { leaks, scanned };
}

/** Milliseconds, at least one. */
function remaining(deadline: number, { clock }: Pick<GitleaksContext, 'clock'>): number {
  return Math.max(deadline - clock.now(), 1);
}

/** Says every now and then that the scan goes on, until it has ended. */
async function signsOfLife(
  what: string,
  { log, clock }: Pick<GitleaksContext, 'log' | 'clock'>,
  ended: AbortSignal,
): Promise<void> {
  const began = clock.now();
  try {
    for (;;) {
      await clock.sleep(SIGN_OF_LIFE_MS, ended);
      log.info(`${what}: ${formatDuration(clock.now() - began)} so far`);
    }
  } catch {
    // It has ended.
  }
}

function failure(why: string, rules: Rules): UserError {
  if (why.startsWith('[git] ')) return unreadable(safeLine(why.slice('[git] '.length)));
  const config = /gitleaks config|[Ff]ailed to load|regexp: Compile|\[\[?(?:rules|allowlist)/.test(
    why,
  );
  if (config && rules.config !== undefined) return invalid(rules.configName, safeLine(why));
  return incomplete(`it says: ${safeLine(why)}`);
}

function incomplete(why: string): UserError {
  return new UserError({
    id: 'gitleaks-incomplete',
    message: `gitleaks has not scanned what it should: ${why}.`,
    fix: 'Run the job again. If it stays: check the repository out without "filter"; rename files whose name ends in a backslash, which gitleaks passes over; or report it with this message.',
  });
}

function timeout(): UserError {
  return new UserError({
    id: 'gitleaks-timeout',
    message: 'The scan took longer than it may, and was ended.',
    fix: 'Give it more time with the input timeout, or scan less with range.',
  });
}
