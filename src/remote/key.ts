import { UserError } from '../kit/errors.ts';

const NEW_KEY = 'ssh-keygen -t ed25519 -N "" -f deploy-key';
const WHOLE = 'Store the whole private key, with its BEGIN and END lines, in the secret.';

/** The bytes that every private key in OpenSSH's own format begins with (OpenSSH, PROTOCOL.key). */
const OPENSSH = 'openssh-key-v1\0';

/** What people store by mistake, by how it begins, and the way to the key itself. */
const MISTAKEN: readonly (readonly [RegExp, string, string])[] = [
  [
    /^PuTTY-User-Key-File-\d/,
    'it is in the format of PuTTY',
    'Convert it: puttygen key.ppk -O private-openssh -o deploy-key - or in PuTTYgen: Conversions, Export OpenSSH key. Store that file.',
  ],
  [
    /^(ssh-|ecdsa-sha2-|sk-(ssh|ecdsa)-)\S+\s+AAAA|^-{4,5} ?BEGIN (SSH2 |RSA )?PUBLIC KEY/,
    'it is the public half of a key',
    'Store the private half, the file without .pub: it begins with -----BEGIN. The public half belongs into ~/.ssh/authorized_keys on the host.',
  ],
  [
    /^-----BEGIN CERTIFICATE-----/,
    'it is a certificate',
    `Store the private key of an SSH user, for example a new one: ${NEW_KEY}`,
  ],
];

/**
 * A private key as OpenSSH reads it, whatever an editor, a secret store or a YAML block did to its line ends, indentation and quotes.
 * OpenSSH's own format and PEM (PKCS#1, SEC1, PKCS#8) are taken.
 * @param input the name of the input, for messages
 * @throws UserError `ssh-key-invalid`, saying what the text is instead
 */
export function readKey(text: string, input: string): string {
  const bare = text.replaceAll(/\\r|\\n|\r|\uFEFF/g, '\n').replace(/^[\s'"]+|[\s'"]+$/g, '');
  for (const [begins, what, fix] of MISTAKEN)
    if (begins.test(bare)) throw keyInvalid(input, what, fix);
  const [, label, inside = ''] =
    /-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----([^]*?)-----END \1-----/.exec(bare) ?? [];
  if (label === undefined) throw unfinished(bare, input);
  if (label.startsWith('ENCRYPTED') || /^\s*Proc-Type:\s*4,\s*ENCRYPTED/m.test(inside))
    throw locked(input);
  const body = inside.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(body)) throw cutOff(input);
  judge(Buffer.from(body, 'base64'), input);
  const lines = body.match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}

/** Why a text without both lines around a private key is none. */
function unfinished(text: string, input: string): UserError {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY/.test(text)) return cutOff(input);
  const decoded = Buffer.from(text, 'base64').toString('latin1');
  if (/^\s*-----BEGIN /.test(decoded))
    return keyInvalid(input, 'it is a key in base64', `Store the key itself: base64 -d. ${WHOLE}`);
  if (decoded.startsWith(OPENSSH))
    return keyInvalid(input, 'its BEGIN and END lines are missing', WHOLE);
  return keyInvalid(input, 'it is no private key', WHOLE);
}

/** Looks into a key, as far as ssh-add would not say it in words: whole, without passphrase, and no hardware's. */
function judge(bytes: Buffer, input: string): void {
  if (bytes.toString('latin1', 0, OPENSSH.length) !== OPENSSH) {
    if (bytes[0] !== 0x30 || bytes.length < derLength(bytes)) throw cutOff(input);
    return;
  }
  let at = OPENSSH.length;
  const next = (): Buffer => {
    const end = at + 4 + (at + 4 <= bytes.length ? bytes.readUInt32BE(at) : Infinity);
    if (end > bytes.length) throw cutOff(input);
    const part = bytes.subarray(at + 4, end);
    at = end;
    return part;
  };
  const cipher = next().toString('latin1');
  next(); // how the passphrase is made into a key
  next();
  at += 4; // how many keys: always one
  const kind = next();
  next();
  if (cipher !== 'none') throw locked(input);
  if (kind.includes('sk-'))
    throw keyInvalid(
      input,
      'it only works with its hardware token',
      `Make a key for this purpose: ${NEW_KEY}`,
    );
}

/** How many bytes a DER structure has by its own first bytes (X.690, 8.1.3). */
function derLength(bytes: Buffer): number {
  const [, first = 0] = bytes;
  if (first < 0x80) return 2 + first;
  const size = first & 0x7f;
  return size > 4 || bytes.length < 2 + size ? Infinity : 2 + size + bytes.readUIntBE(2, size);
}

function locked(input: string): UserError {
  return keyInvalid(
    input,
    'it has a passphrase',
    `A key with a passphrase cannot be used; make one for this purpose: ${NEW_KEY} - or take the passphrase off a copy: ssh-keygen -p -N "" -f copy-of-key`,
  );
}

function cutOff(input: string): UserError {
  return keyInvalid(input, 'it is cut off or damaged', WHOLE);
}

/** The one error of keys. Of the key itself, nothing is ever said. */
export function keyInvalid(input: string, what: string, fix = WHOLE): UserError {
  return new UserError({
    id: 'ssh-key-invalid',
    message: `The private key cannot be used: ${what}.`,
    value: input,
    fix: fix.includes('ssh-keygen') ? fix : `${fix} A new one: ${NEW_KEY}`,
  });
}
