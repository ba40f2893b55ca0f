import type { Clock } from '../../kit/clock.ts';
import type { Log } from '../../kit/log.ts';
import { plural } from '../../kit/text.ts';
import { findTool, type Tool } from '../tool/find.ts';
import type { ScanEvent } from './event.ts';
import { type GitleaksContext, scanPass, secretNames } from './gitleaks.ts';
import { History } from './history.ts';
import type { SecretInputs } from './inputs.ts';
import { type Finding, knownBy, type Leak } from './leaks.ts';
import { placesOf } from './places.ts';
import { Quarry } from './quarry.ts';
import { type Range, resolveRange } from './range.ts';
import { gatherRules, type Rules } from './rules.ts';

/** The world around a scan. */
export interface Context {
  readonly log: Log;
  readonly clock: Clock;
  /** The step's, without inputs. */
  readonly env: NodeJS.ProcessEnv;
  /** A private folder for this run. */
  readonly scratch: string;
}

/** What a scan found. */
export interface Scan {
  readonly tool: Tool;
  readonly range: Range;
  readonly commits: number;
  readonly rules: Rules;
  readonly findings: readonly Finding[];
  readonly ms: number;
}

/**
 * Scans the commits that an event brought.
 * @returns the reason in words when there is nothing to scan
 * @throws UserError when anything was not scanned that should have been
 */
export async function scanSecrets(
  inputs: SecretInputs,
  event: ScanEvent,
  context: Context,
): Promise<Scan | { readonly nothing: string }> {
  const { log, clock, scratch } = context;
  const began = clock.now();
  const history = await History.open(inputs.workspace, inputs.token, context);
  const range = await log.group('Find the commits', () =>
    resolveRange(inputs.range, event, history),
  );
  if ('nothing' in range) return range;
  const tool = await log.group('Find gitleaks', () =>
    findTool('gitleaks', { mirror: inputs.mirror }, context),
  );
  const isChange = event.kind === 'change';
  const commit = isChange ? event.base : await history.head();
  const source = { commit, isBase: isChange, config: inputs.config, baseline: inputs.baseline };
  const rules = await gatherRules(source, history, scratch);
  const isKnown = knownBy(rules.baseline, inputs.baseline);
  const quarry = await Quarry.open(range, await history.store(), context);
  const gitleaks: GitleaksContext = { tool, rules, quarry, allowComments: !isChange, log, clock };
  const passes = await quarry.passes();
  const commits = passes.reduce((sum, pass) => sum + pass.commits, 0);
  const findings = await log.group(`Scan ${plural(commits, 'commit')}: ${range.what}`, async () => {
    const deadline = clock.now() + inputs.timeoutMs;
    const leaks: Leak[] = [];
    for (const pass of passes) leaks.push(...(await scanPass(pass, deadline, gitleaks)));
    return toFindings(leaks, isKnown, history, (names) => secretNames(names, deadline, gitleaks));
  });
  return { tool, range, commits, rules, findings, ms: clock.now() - began };
}

/** Adds to each leak where it stands now and whether it is known, and takes away the names that hold a secret. */
async function toFindings(
  leaks: readonly Leak[],
  isKnown: (leak: Leak) => boolean,
  history: History,
  secretNames: (names: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<Finding[]> {
  if (leaks.length === 0) return [];
  const places = await placesOf(leaks, history);
  const secret = await secretNames([...new Set(places.map(({ file }) => file))]);
  return places.map(({ leak, file, current, exists }) => {
    const { rule, description, line, endLine, commit, fingerprint } = leak;
    const names = secret.has(file)
      ? { file: undefined, fingerprint: undefined }
      : { file, fingerprint };
    const known = isKnown(leak);
    return { rule, description, line, endLine, commit, ...names, current, exists, known };
  });
}
