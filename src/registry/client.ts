import { z } from 'zod';
import type { Clock } from '../kit/clock.ts';
import { retry } from '../kit/retry.ts';
import { authorize, type Scope } from './authorization.ts';
import type { Credentials } from './credentials.ts';
import { digestOf } from './digest.ts';
import { corrupt, denied, noAnswer, nonsense, Passing, refusal } from './failure.ts';
import { apiHost, formatReference, type Reference } from './reference.ts';
import { type Answer, type Question, Transport } from './transport.ts';

export interface RegistryOptions {
  readonly credentials: Credentials;
  /** Registries, as `host:port`, that are spoken to over plain HTTP. */
  readonly plainHttp: readonly string[];
  /** Certificates (PEM) that are trusted beside the usual ones. */
  readonly ca: string | undefined;
  readonly clock: Clock;
  /** For a single request; default 30 seconds. */
  readonly timeoutMs?: number;
}

const DIGEST = /^sha256:[0-9a-f]{64}$/;

const descriptorSchema = z.looseObject({
  mediaType: z.string(),
  digest: z.string().regex(DIGEST),
  size: z.int().nonnegative(),
});

const manifestSchema = z.looseObject({
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
  manifests: z
    .array(
      descriptorSchema.extend({
        platform: z
          .looseObject({
            os: z.string(),
            architecture: z.string(),
            variant: z.string().optional(),
          })
          .optional(),
        annotations: z.record(z.string(), z.string()).optional(),
      }),
    )
    .optional(),
  annotations: z.record(z.string(), z.string()).optional(),
});

/** What is needed to fetch something and to know it again. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

/** A manifest, or an index of them: https://github.com/opencontainers/image-spec. What else stands in it is kept as it is. */
export type Manifest = z.infer<typeof manifestSchema>;

export interface Fetched {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  readonly json: Manifest;
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * A client of the API of registries (https://github.com/opencontainers/distribution-spec). It logs in where it is asked to, tries again
 * where that may help, and has a deadline for everything.
 * Every method throws UserError `registry-unreachable`, `registry-denied`, `registry-untrusted`, `registry-limit`, `registry-read-only`
 * or `registry-failed`, with registry and repository as its value.
 */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #transport: Transport;
  /** Authorization headers that were accepted, by scope. */
  readonly #authorizations = new Map<string, string>();

  constructor(options: RegistryOptions) {
    this.#options = options;
    this.#transport = new Transport(options.ca, options.timeoutMs ?? 30_000);
  }

  /** What a tag or digest stands for; undefined when it is not there. */
  async resolve(reference: Reference): Promise<Descriptor | undefined> {
    const answer = await this.#ask(reference, 'HEAD', manifestPath(reference), ACCEPT);
    if (answer.status === 404) return undefined;
    const said = header(answer, 'docker-content-digest') ?? '';
    const digest = reference.digest ?? (DIGEST.test(said) ? said : undefined);
    const size = Number(header(answer, 'content-length') ?? NaN);
    const mediaType = header(answer, 'content-type');
    // Not every registry says it all in a HEAD.
    if (digest === undefined || mediaType === undefined || !Number.isInteger(size))
      return (await this.manifest(reference))?.descriptor;
    return { mediaType, digest, size };
  }

  /** A manifest or index, verified against its digest; undefined when it is not there. @throws UserError `digest-mismatch` */
  async manifest(reference: Reference): Promise<Fetched | undefined> {
    const answer = await this.#ask(reference, 'GET', manifestPath(reference), ACCEPT);
    if (answer.status === 404) return undefined;
    const { body: bytes } = answer;
    const digest = digestOf(bytes);
    const wanted = reference.digest ?? header(answer, 'docker-content-digest') ?? digest;
    if (digest !== wanted) throw corrupt(wanted, subjectOf(reference));
    let json: Manifest;
    try {
      json = manifestSchema.parse(JSON.parse(bytes.toString('utf8')));
    } catch {
      throw nonsense('this is no manifest.', subjectOf(reference));
    }
    const mediaType = json.mediaType ?? header(answer, 'content-type') ?? '';
    return { descriptor: { mediaType, digest, size: bytes.length }, bytes, json };
  }

  /** A blob, verified against its digest. @throws UserError `digest-mismatch` */
  async blob(reference: Reference, digest: string, maxBytes: number): Promise<Buffer> {
    const answer = await this.#ask(reference, 'GET', `blobs/${digest}`, { maxBytes });
    if (answer.status === 404) throw nonsense(`${digest} is missing.`, subjectOf(reference));
    if (digestOf(answer.body) !== digest) throw corrupt(digest, subjectOf(reference));
    return answer.body;
  }

  /** Uploads a blob in one piece, unless it is there. */
  async putBlob(reference: Reference, bytes: Buffer): Promise<Descriptor> {
    const digest = digestOf(bytes);
    const descriptor = { mediaType: 'application/octet-stream', digest, size: bytes.length };
    const there = await this.#ask(reference, 'HEAD', `blobs/${digest}`);
    if (there.status === 200) return descriptor;
    // A session that failed is over: another attempt begins at the beginning.
    await this.#patiently(async () => {
      const url = await this.#openUpload(reference);
      url.searchParams.set('digest', digest);
      const headers = { 'content-type': 'application/octet-stream' };
      expect(
        await this.#once(reference, 'pull,push', { method: 'PUT', url, headers, body: bytes }),
        reference,
        this.#options.clock.now(),
      );
    });
    return descriptor;
  }

  /** Stores a manifest under the reference's tag, or by its digest. */
  async putManifest(reference: Reference, bytes: Buffer, mediaType: string): Promise<Descriptor> {
    const digest = digestOf(bytes);
    await this.#ask(reference, 'PUT', `manifests/${reference.tag ?? digest}`, {
      headers: { 'content-type': mediaType },
      body: bytes,
    });
    return { mediaType, digest, size: bytes.length };
  }

  /** Opens an upload and cancels it. @throws UserError when a push would be refused */
  async canPush(reference: Reference): Promise<void> {
    const url = await this.#patiently(() => this.#openUpload(reference));
    // A session that is left behind expires by itself.
    await this.#once(reference, 'pull,push', { method: 'DELETE', url }).catch(() => undefined);
  }

  async #openUpload(reference: Reference): Promise<URL> {
    const answer = await this.#once(reference, 'pull,push', {
      method: 'POST',
      url: this.#url(reference, 'blobs/uploads/'),
    });
    expect(answer, reference, this.#options.clock.now());
    const location = header(answer, 'location') ?? '';
    const url = URL.parse(location, this.#url(reference, '').href);
    if (location === '' || url === null)
      throw nonsense('an upload without a place.', subjectOf(reference));
    return url;
  }

  /** Asks about a repository, patiently; of what is no success, only 404 comes back, and only where one may look in vain. */
  #ask(
    reference: Reference,
    method: Question['method'],
    path: string,
    more: Partial<Question> = {},
  ): Promise<Answer> {
    const reading = method === 'GET' || method === 'HEAD';
    return this.#patiently(async () => {
      const answer = await this.#once(reference, reading ? 'pull' : 'pull,push', {
        method,
        url: this.#url(reference, path),
        ...more,
      });
      if (reading && answer.status === 404) return answer;
      return expect(answer, reference, this.#options.clock.now());
    });
  }

  #patiently<T>(work: () => Promise<T>): Promise<T> {
    const options = {
      attempts: ATTEMPTS,
      pauseMs: FIRST_PAUSE_MS,
      retryable: (error: unknown) =>
        error instanceof Passing && error.retryAfterMs <= LONGEST_PAUSE_MS,
      atLeastMs: (error: unknown) => (error instanceof Passing ? error.retryAfterMs : 0),
    };
    return retry(work, options, this.#options.clock);
  }

  /** One attempt: with the authorization that was accepted last, and with a new one when the registry asks for it. */
  async #once(
    reference: Reference,
    actions: Scope['actions'],
    question: Question,
  ): Promise<Answer> {
    const subject = subjectOf(reference);
    const { registry, repository } = reference;
    const key = `${registry}/${repository} ${actions}`;
    const { credentials, clock } = this.#options;
    const ask = async (asked: Question): Promise<Answer> => {
      try {
        return await this.#transport.ask(asked);
      } catch (error) {
        throw noAnswer(error, subject);
      }
    };
    // An upload may go to another host, which carries its permission in its address.
    const ours = question.url.origin === this.#url(reference, '').origin;
    const attempt = (authorization: string | undefined): Promise<Answer> =>
      ask(
        ours && authorization !== undefined
          ? { ...question, headers: { ...question.headers, authorization } }
          : question,
      );
    const answer = await attempt(this.#authorizations.get(key));
    if (answer.status !== 401 || !ours) return answer;
    const authorization = await authorize(
      answer,
      { registry, repository, actions },
      { credentials, plain: this.#plain(registry), ask, now: () => clock.now() },
    );
    const second = await attempt(authorization);
    if (second.status === 401) throw denied('the login is not accepted', subject);
    this.#authorizations.set(key, authorization);
    return second;
  }

  #plain(registry: string): boolean {
    return this.#options.plainHttp.includes(registry);
  }

  #url({ registry, repository }: Reference, path: string): URL {
    const scheme = this.#plain(registry) ? 'http' : 'https';
    return new URL(`${scheme}://${apiHost(registry)}/v2/${repository}/${path}`);
  }
}

const ACCEPT = { headers: { accept: MANIFESTS } };

function manifestPath({ tag = 'latest', digest }: Reference): string {
  return `manifests/${digest ?? tag}`;
}

function subjectOf({ registry, repository }: Reference): string {
  return formatReference({ registry, repository, tag: undefined, digest: undefined });
}

function expect(answer: Answer, reference: Reference, now: number): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw refusal(answer, subjectOf(reference), now);
}

function header({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}
