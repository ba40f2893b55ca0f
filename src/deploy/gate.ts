import picomatch from 'picomatch';
import { UserError } from '../kit/errors.ts';
import type { Log } from '../kit/log.ts';
import { recordHash } from '../release/record.ts';
import type { ReleaseInputs } from './release-inputs.ts';

/**
 * What slipway.yml asks for before a release may go to an environment: the right ref, and a proof from the environment before.
 * @throws UserError `ref-not-allowed` or `promotion-unproven`
 */
export async function passGate(inputs: ReleaseInputs, log: Log): Promise<void> {
  refuseRef(inputs);
  const { requires, environment } = inputs.subject.settings;
  if (requires === undefined) return;
  const unproven = await whyUnproven(inputs, requires, log);
  if (unproven === undefined) return;
  if (inputs.allowUnproven) {
    log.warning(
      `${unproven} It is released to ${environment} all the same: allow-unproven is set.`,
    );
    return;
  }
  throw new UserError({
    id: 'promotion-unproven',
    message: unproven,
    value: inputs.subject.record.id,
    fix: `Release it to ${requires} first and let it end well; or, in an emergency, set allow-unproven: true.`,
  });
}

function refuseRef({ ref, subject: { settings } }: ReleaseInputs): void {
  const { ref: pattern, environment } = settings;
  if (pattern === undefined || ref === undefined) return;
  const name = pattern.startsWith('refs/') ? ref : ref.replace(/^refs\/(?:heads|tags)\//, '');
  if (picomatch.isMatch(name, pattern)) return;
  throw new UserError({
    id: 'ref-not-allowed',
    message: `slipway.yml lets only "${pattern}" be released to ${environment}.`,
    value: ref,
    fix: `Run this for a branch or tag that fits, or change environments.${environment}.ref in slipway.yml.`,
  });
}

/** Why a record counts as unproven; undefined when it is proven. */
async function whyUnproven(
  { github, found, subject: { record } }: ReleaseInputs,
  requires: string,
  log: Log,
): Promise<string | undefined> {
  if (github === undefined)
    return `Whether ${requires} has proven this release is not known: there is no GitHub token to ask with.`;
  // Loaded only where it is needed: it is the larger part of what a step would have to start.
  const { proofOf } = await import('../github/proof.ts');
  const question = { ...github, commit: record.commit, environment: requires };
  const proof = await proofOf({ ...question, hash: recordHash(found.bytes) }, log);
  if (proof === undefined) return `${requires} has never proven exactly this release.`;
  log.info(`Proven on ${requires}: deployment ${proof.deployment}, ${proof.at}`);
  return undefined;
}
