import { createHmac, randomBytes } from 'node:crypto';
import type { Model } from './model.ts';

/**
 * What a release keeps of the environment of its services, so that the next one can say what it changes: for each name a hash of the
 * value under a random key, which tells whether it changed and nothing else. The key makes it useless beside that release.
 */
export interface EnvironmentPrints {
  readonly salt: string;
  readonly services: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The prints of a model; with another salt they are all different. */
export function environmentPrints(
  { services }: Model,
  salt = randomBytes(16).toString('hex'),
): EnvironmentPrints {
  const print = (...parts: readonly unknown[]): string =>
    createHmac('sha256', salt).update(JSON.stringify(parts)).digest('hex').slice(0, 16);
  return {
    salt,
    services: Object.fromEntries(
      Object.entries(services).map(([service, { environment = {} }]) => [
        service,
        Object.fromEntries(
          Object.entries(environment).map(([name, value]) => [name, print(service, name, value)]),
        ),
      ]),
    ),
  };
}

/**
 * What becomes of the environment, one sentence for all services with the same change: `web, worker: added A, B; changed C`.
 * Services that come or go are not among them.
 * @param before what the current release kept; undefined when there is none, or it was made before prints were
 */
export function environmentChanges(before: EnvironmentPrints | undefined, model: Model): string[] {
  if (before === undefined) return [];
  const after = environmentPrints(model, before.salt).services;
  const bySentence = new Map<string, string[]>();
  for (const [service, now] of Object.entries(after)) {
    const was = Object.hasOwn(before.services, service) ? before.services[service] : undefined;
    if (was === undefined) continue;
    const lacking = (from: object, names: object): string[] =>
      Object.keys(names).filter((name) => !Object.hasOwn(from, name));
    const changed = Object.keys(now).filter(
      (name) => Object.hasOwn(was, name) && was[name] !== now[name],
    );
    const sentence = Object.entries({
      added: lacking(was, now),
      removed: lacking(now, was),
      changed,
    })
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `${what} ${names.sort().join(', ')}`)
      .join('; ');
    if (sentence !== '') bySentence.set(sentence, [...(bySentence.get(sentence) ?? []), service]);
  }
  return [...bySentence].map(([sentence, names]) => `${names.join(', ')}: ${sentence}`);
}
