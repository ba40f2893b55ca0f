import { mask } from './mask.ts';

/** Secrets shorter than this would blank out half of the log. */
const SHORTEST = 8;

/** Masks values of others in every form in which they may turn up; what is too short to be a secret is left. */
export function maskForms(secrets: readonly string[]): void {
  const long = secrets.filter((secret) => secret.trim().length >= SHORTEST);
  for (const form of new Set(long.flatMap(formsOf))) mask(form);
}

/**
 * The texts in which a secret may turn up in a log: as it is, in base64 wherever it stands in a longer text, in a URL, in JSON.
 * GitHub's runner tries most of these by itself for what is masked; other runners compare the bare text only.
 */
export function formsOf(secret: string): string[] {
  // A lone half of a character would be refused by encodeURIComponent.
  const text = Buffer.from(secret).toString('utf8');
  const json = JSON.stringify(text).slice(1, -1);
  const inUrl = encodeURIComponent(text);
  return [
    ...new Set([
      secret,
      json,
      // As Go writes it, and so Docker.
      json.replace(
        /[<>&\u2028\u2029]/g,
        (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
      inUrl,
      new URLSearchParams([['', text]]).toString().slice(1),
      ...base64FormsOf(Buffer.from(text)),
    ]),
  ];
}

/** Base64 of these bytes behind none, one or two others: the characters that no neighbour has a part in. Both alphabets. */
export function base64FormsOf(bytes: Buffer): string[] {
  const forms = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .slice(Math.ceil((before * 4) / 3), Math.floor(((before + bytes.length) * 4) / 3)),
  );
  return [bytes.toString('base64'), ...forms].flatMap((form) => [
    form,
    form.replaceAll('+', '-').replaceAll('/', '_'),
  ]);
}
