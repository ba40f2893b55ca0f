import { describe, UserError } from '../kit/errors.ts';
import type { EnvironmentSettings } from '../config/read.ts';
import { type LedgerEntry, parseLedger } from '../host/ledger.ts';
import type { HostSession } from '../host/session.ts';
import { newTransaction, type Served } from '../host/transaction.ts';
import { startedByHand } from './adopt.ts';
import { environmentChanges } from './env-diff.ts';
import { withinMemory } from './headroom.ts';
import { HostFacts } from './host-facts.ts';
import {
  type Context,
  imagesOf,
  ledgerOf,
  type Prepared,
  pull,
  type PullLogin,
  rootOf,
} from './host-release.ts';
import { parseFacts, stateCollector } from './host-state.ts';
import { parseModel } from './model.ts';
import { plan } from './plan.ts';
import { atHost, judgeHost } from './preflight.ts';

/** Which release shall come back; with neither, the last good one before the current. */
export interface Wanted {
  readonly release?: string | undefined;
  readonly version?: string | undefined;
}

/**
 * Chooses the release to go back to.
 * @param entries the ledger, oldest first
 * @param kept the releases whose files the host still has
 * @throws UserError `nothing-to-roll-back`, `release-unknown`, `already-current`
 */
export function chooseRelease(
  entries: readonly LedgerEntry[],
  kept: readonly string[],
  current: string | undefined,
  wanted: Wanted,
): LedgerEntry {
  const good = entries
    .filter(
      ({ outcome, release }) =>
        (outcome === 'deployed' || outcome === 'unchanged') && kept.includes(release),
    )
    .reverse();
  const known = good.map(({ release, version }) => `${version ?? ''} (${release})`);
  const list = [...new Set(known)].join(', ') || 'none';
  const { release, version } = wanted;
  if (release === undefined && version === undefined) {
    // Releases that were left behind by an earlier way back are newer than the current one; they stay behind.
    const last = good.find((entry) => current === undefined || entry.release < current);
    if (last) return last;
    throw new UserError({
      id: 'nothing-to-roll-back',
      message: 'There is no earlier release to go back to.',
      value: current ?? 'nothing was deployed',
      fix: 'Deploy a release that is good instead.',
    });
  }
  const found = good.find(
    (entry) =>
      (release === undefined || entry.release === release) &&
      (version === undefined || entry.version === version),
  );
  if (!found) {
    throw new UserError({
      id: 'release-unknown',
      message: 'The host does not keep that release.',
      value: release ?? version,
      fix: `Choose one of: ${list}; or deploy it again.`,
    });
  }
  if (found.release === current) {
    throw new UserError({
      id: 'already-current',
      message: 'That release is the one that is served already.',
      value: release ?? version,
      fix: `Choose another one: ${list}`,
    });
  }
  return found;
}

/**
 * Plans the way back on one host. The release comes back as it was: images, files, configuration and environment values. What speaks
 * against a release to this host is told and no more: this is the way out.
 */
export async function prepareRollback(
  settings: EnvironmentSettings,
  wanted: Wanted,
  pullLogin: (images: readonly string[]) => PullLogin,
  session: HostSession,
  { clock, log }: Context,
  onCurrent: (current: Served | undefined) => void,
): Promise<Prepared> {
  const base = { root: rootOf(settings), tx: newTransaction(clock) };
  const before = stateCollector();
  const history: string[] = [];
  await session.request('recover', base, () => undefined);
  await session.request(
    'status',
    { ...base, project: `${settings.app}-${settings.environment}` },
    before.read,
  );
  await session.request('history', base, ({ fields }) => history.push(fields[0] ?? ''));
  const { current, kept } = before.state();
  onCurrent(current);
  const entry = chooseRelease(parseLedger(history), kept, current?.release, wanted);
  const files: Record<string, string[]> = { model: [], settings: [] };
  const found = new HostFacts();
  await session.request('release', { ...base, release: entry.release }, (line) => {
    if (line.kind === 'fact') found.add(line, clock.now());
    else files[line.kind]?.push(line.fields.join('\t'));
  });
  const host = session.target.text;
  for (const finding of judgeHost(found, settings.requiresHost))
    log.warning(describe(atHost(finding, host)));
  const model = parseModel((files.model ?? []).join('\n'));
  const facts = parseFacts(files.settings ?? []);
  const state = await pull(
    session,
    { ...base, project: model.name },
    imagesOf(model),
    pullLogin(imagesOf(model)),
    log,
  );
  return {
    session,
    root: base.root,
    release: entry.release,
    version: facts.version,
    kind: 'rollback',
    project: model.name,
    state,
    routing: facts.routing,
    plan: withinMemory(
      plan({
        model,
        containers: state.containers,
        byHand: startedByHand(state),
        routing: facts.routing,
        built: facts.built,
        migrate: facts.migrate,
        ran: {},
        kind: 'rollback',
      }),
      model,
      state.containers,
      found.memoryFree(),
      host,
      (error) => {
        log.warning(describe(error));
      },
    ),
    environment: environmentChanges(state.facts?.environment, model),
    adoption: [],
    ledger: ledgerOf(model, facts),
    entries: [],
  };
}
