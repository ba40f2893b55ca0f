import { describe, UserError } from '../kit/errors.ts';
import { tar } from '../kit/tar.ts';
import { problemsOf, together } from '../host/findings.ts';
import type { HostSession } from '../host/session.ts';
import { type Served, served } from '../host/transaction.ts';
import { composeSources } from './files.ts';
import { HostFacts } from './host-facts.ts';
import type { Context } from './host-release.ts';
import { labelOf } from './labels.ts';
import { type Model, parseModel } from './model.ts';
import { judgeModel } from './preflight-model.ts';
import { atHost, judgeHost } from './preflight.ts';
import type { Subject } from './prepare.ts';
import { projectName } from './project.ts';

/** What the Compose files mean on one host. */
interface Resolved {
  readonly model: Model;
  /** The folder of the environment there, from the root on. */
  readonly absolute: string;
  /** What the host's kernel could give away without swapping, in bytes. */
  readonly memoryFree: number | undefined;
}

/**
 * Has a host say what the Compose files mean there, and whether it is fit.
 * @throws UserError everything that stands in the way, at once
 */
export async function resolve(
  { settings, record, workspace, secretFiles, env }: Subject,
  session: HostSession,
  base: { readonly root: string; readonly tx: string },
  { clock, log }: Context,
  onCurrent: (current: Served | undefined) => void,
): Promise<Resolved> {
  const host = session.target.text;
  const sources = composeSources(settings.compose, workspace, secretFiles);
  const archive = await tar([...sources, { path: 'src/.env', content: env, mode: 0o600 }]);
  const lines: string[] = [];
  const warnings: string[] = [];
  const facts = new HostFacts();
  let absolute = base.root;
  const answer = session.request(
    'prepare',
    {
      ...base,
      project: projectName(sources, settings),
      environment: labelOf(settings),
      compose: settings.compose,
      size: archive.length,
    },
    (line) => {
      const { kind, fields } = line;
      if (kind === 'model') lines.push(fields.join('\t'));
      else if (kind === 'warning') warnings.push(fields.join(' '));
      else if (kind === 'fact') facts.add(line, clock.now());
      else if (kind === 'current') onCurrent(served(fields[0], fields[1]));
      else if (kind === 'root') absolute = fields[0] ?? base.root;
      else if (kind === 'recovering')
        log.warning(`${host}: an earlier release was left unfinished; the host settles it first.`);
    },
    [archive],
  );
  const refused = await answer.then(() => [], refusals);
  const model = lines.length === 0 ? undefined : parseModel(lines.join('\n'));
  const found = [
    ...judgeHost(facts, settings.requiresHost),
    ...(model === undefined ? [] : judgeModel(facts, model, record, absolute)),
  ];
  const told = (stops: boolean): UserError[] =>
    found.filter((finding) => finding.stops === stops).map((finding) => atHost(finding, host));
  for (const warning of told(false)) log.warning(describe(warning));
  const problem = together(host, [...refused, ...told(true), ...unset(warnings, host)]);
  if (problem) throw problem;
  if (model === undefined) throw new Error('the host gave no model and no reason');
  return { model, absolute, memoryFree: facts.memoryFree() };
}

function refusals(error: unknown): readonly UserError[] {
  if (error instanceof UserError) return problemsOf(error);
  throw error;
}

/** Compose puts nothing in place of an unset variable, and warns; such a release must not start. */
function unset(warnings: readonly string[], host: string): UserError[] {
  const names = [
    ...new Set(
      warnings.flatMap(
        (line) => /The \\?"([A-Za-z_][A-Za-z0-9_]*)\\?" variable is not set/.exec(line)?.[1] ?? [],
      ),
    ),
  ].sort(); // Compose tells them in no order
  if (names.length === 0) return [];
  return [
    new UserError({
      id: 'variable-missing',
      message: `${host}: the Compose file uses variables that are not set.`,
      value: names.join(', '),
      fix: `Add them to the input env, one NAME=value a line; or give them a default in the Compose file: \${${names[0] ?? 'NAME'}:-value}`,
    }),
  ];
}
