import { UserError } from '../kit/errors.ts';

/** A secret that the Dockerfile mounts by its name. */
export interface Secret {
  readonly id: string;
  readonly value: string;
}

/**
 * Reads the input `secrets`: `id=value` lines; a value of several lines stands in quotes, where a doubled one means one, as for
 * docker/build-push-action: `"id=line 1` ... `last line"`.
 * @throws UserError `bad-secret`, which never holds the value
 */
export function parseSecrets(text: string): Secret[] {
  const entries = text.match(/^"(?:[^"]|"")*"\s*$|^.+$/gm) ?? [];
  return entries
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry, index) => {
      const line = entry.startsWith('"') ? entry.slice(1, -1).replaceAll('""', '"') : entry;
      const [, id = '', value = ''] = /^([^=]*)=([^]*)$/.exec(line) ?? [];
      if (!isId(id) || value === '') throw bad(id, index);
      return { id, value };
    });
}

/** The names under which secrets and files of secrets are mounted. */
export function isId(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(text);
}

function bad(id: string, index: number): UserError {
  return new UserError({
    id: 'bad-secret',
    message: 'An entry of the input secrets is not id=value.',
    value: isId(id) ? id : `entry ${index + 1}`,
    fix: 'Write one id=value a line, in quotes as a whole when the value has several lines; if the value comes from a secret, check that it exists.',
  });
}
