import { UserError } from '../kit/errors.ts';
import type { TarEntry } from '../kit/tar.ts';
import type { EnvironmentSettings } from '../config/read.ts';
import type { HostSession } from '../host/session.ts';
import { newTransaction, type Served } from '../host/transaction.ts';
import type { ReleaseRecord } from '../release/record.ts';
import { adopt, startedByHand } from './adopt.ts';
import { chooseImages, fingerprint, finalCompose, type Routing } from './compose.ts';
import { environmentChanges, environmentPrints } from './env-diff.ts';
import {
  type Context,
  ledgerOf,
  pinned,
  type Prepared,
  pull,
  type PullLogin,
  rootOf,
} from './host-release.ts';
import { withinMemory } from './headroom.ts';
import type { ReleaseFacts } from './host-state.ts';
import { FINGERPRINT, labelled, labelOf } from './labels.ts';
import { formatJson, type Model } from './model.ts';
import { plan } from './plan.ts';
import { refuseTaken } from './ports.ts';
import { refuseOthersProject } from './project.ts';
import { resolve } from './resolve.ts';
import type { SecretFiles } from './secret-files.ts';

/** A release and what it needs, the same for every host. */
export interface Subject {
  readonly settings: EnvironmentSettings;
  readonly record: ReleaseRecord;
  /** The ledger's name for it: the tag, or the short commit. */
  readonly version: string;
  /** dotenv text; it becomes the `.env` that Compose reads. */
  readonly env: string;
  readonly secretFiles: SecretFiles;
  readonly pullLogin: PullLogin;
  readonly workspace: string;
  readonly allowOlder: boolean;
}

/**
 * Resolves, pulls and plans a release on one host. Nothing that runs there is touched.
 * @param onCurrent told what the host serves, as soon as that is known: an error shall be able to say so
 */
export async function prepare(
  subject: Subject,
  session: HostSession,
  { clock, log }: Context,
  onCurrent: (current: Served | undefined) => void = () => undefined,
): Promise<Prepared> {
  const { settings, record, workspace, secretFiles } = subject;
  const host = session.target.text;
  const root = rootOf(settings);
  const base = { root, tx: newTransaction(clock) };
  const { model, absolute, memoryFree } = await resolve(
    subject,
    session,
    base,
    { clock, log },
    onCurrent,
  );
  const images = chooseImages(model, record);
  const state = await pull(
    session,
    { ...base, project: model.name },
    images.values(),
    subject.pullLogin,
    log,
  );
  refuseOlder(subject, state.current?.release);
  refuseOthersProject(model, state, images, absolute, host);
  refuseTaken(model, state.taken, host);
  const routing = routingOf(settings, model);
  const digests = new Map([...images].map(([name, image]) => [name, pinned(image, state)]));
  const source = `${absolute}/incoming/${base.tx}/src`;
  const { kept, lines: adoption } = adopt(model, state, source, workspace, secretFiles, host);
  const place = { root: absolute, source, kept };
  const final = finalCompose(model, digests, routing, place, workspace, secretFiles);
  // The name of the release says which configuration it has, too: the same images with another setting are another release. It is the
  // same on each host, which volumes that were kept are not.
  const same = { ...final.model, volumes: model.volumes };
  const release = `${record.id}-${fingerprint([same, subject.version]).slice(0, 8)}`;
  const facts: ReleaseFacts = {
    routing,
    built: Object.keys(record.services),
    migrate: settings.migrate,
    version: subject.version,
    commit: record.commit,
    environment: environmentPrints(final.model),
    kept,
    fingerprints: Object.fromEntries(
      Object.entries(final.model.services).map(([name, { labels }]) => [
        name,
        labels?.[FINGERPRINT] ?? '',
      ]),
    ),
  };
  const json = (path: string, value: unknown): TarEntry => ({
    path: `release/${path}`,
    content: formatJson(value),
    mode: 0o600,
  });
  return {
    session,
    root,
    release,
    version: subject.version,
    kind: 'deploy',
    project: model.name,
    state,
    routing,
    plan: withinMemory(
      plan({
        ...facts,
        ran: state.facts?.fingerprints ?? {},
        model: final.model,
        containers: state.containers,
        byHand: startedByHand(state),
        routing,
        migrate: settings.migrate,
        kind: 'deploy',
      }),
      final.model,
      state.containers,
      memoryFree,
      host,
    ),
    environment: environmentChanges(state.facts?.environment, final.model),
    adoption,
    ledger: ledgerOf(final.model, facts),
    entries: [
      { path: 'release/', content: '', mode: 0o700 },
      json('compose.json', labelled(final.model, release, labelOf(settings), absolute)),
      json('release.json', record),
      json('settings.json', facts),
      ...final.entries,
    ],
  };
}

/** The proxy and the ports that it routes to; undefined when slipway.yml asks for none. */
function routingOf({ proxy, services }: EnvironmentSettings, model: Model): Routing | undefined {
  if (proxy.driver === 'none') return undefined;
  const name = proxy.service ?? proxy.driver;
  if (!Object.hasOwn(model.services, name)) {
    throw new UserError({
      id: 'proxy-unknown',
      message: 'slipway.yml names a proxy service that the Compose files do not have.',
      value: name,
      fix: `Set proxy.service to one of: ${Object.keys(model.services).join(', ')}; or proxy.driver to none.`,
    });
  }
  const ports = Object.entries(services).flatMap(([service, { port }]) =>
    port !== undefined && Object.hasOwn(model.services, service) ? [[service, port] as const] : [],
  );
  return { proxy: name, ports: Object.fromEntries(ports) };
}

/** A re-run of an old workflow must not roll an environment back. Identifiers sort by time. */
function refuseOlder({ record, allowOlder, settings }: Subject, current: string | undefined): void {
  if (allowOlder || current === undefined || record.id.slice(0, 16) >= current.slice(0, 16)) return;
  throw new UserError({
    id: 'superseded',
    message: `This release was made before the one that ${settings.environment} serves.`,
    value: `${record.id} < ${current}`,
    fix: 'To go back on purpose, use the action rollback; to deploy it all the same, set allow-older: true.',
  });
}
