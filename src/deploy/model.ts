import { z } from 'zod';
import { UserError } from '../kit/errors.ts';

const volume = z.looseObject({
  type: z.string(),
  source: z.string().optional(),
  target: z.string().optional(),
  read_only: z.boolean().optional(),
  bind: z.looseObject({ selinux: z.string().optional() }).optional(),
});

/** Compose prints sizes as strings. */
const bytes = z.union([z.string(), z.number()]);

/** How a service uses a config or a secret. */
const used = z.array(z.looseObject({ source: z.string(), target: z.string().optional() }));

/** Names that go on to the shell of the host, in lines with other words. Compose and Docker would take more. */
const name = z
  .string()
  .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/, 'a name must be of letters, digits, dots, - and _');
const image = z.string().regex(/^[A-Za-z0-9[][!-~]*$/, 'an image has no spaces, and does not begin with a dash'); // prettier-ignore

const service = z.looseObject({
  image: image.optional(),
  build: z.unknown().optional(),
  container_name: name.optional(),
  platform: z.string().optional(),
  logging: z
    .looseObject({
      driver: z.string().optional(),
      options: z.record(z.string(), z.unknown()).nullish(),
    })
    .optional(),
  network_mode: z.string().optional(),
  networks: z
    .record(
      z.string(),
      z
        .looseObject({
          aliases: z.array(name).optional(),
          ipv4_address: z.string().optional(),
          ipv6_address: z.string().optional(),
        })
        .nullable(),
    )
    .optional(),
  ports: z
    .array(
      z.looseObject({
        published: z.string().optional(),
        target: z.number().optional(),
        protocol: z.string().optional(),
        host_ip: z.string().optional(),
      }),
    )
    .optional(),
  volumes: z.array(volume).optional(),
  configs: used.optional(),
  secrets: used.optional(),
  depends_on: z.record(z.string(), z.looseObject({ condition: z.string().optional() })).optional(),
  healthcheck: z.looseObject({ disable: z.boolean().optional() }).optional(),
  scale: z.number().optional(),
  mem_reservation: bytes.optional(),
  deploy: z
    .looseObject({
      replicas: z.number().optional(),
      resources: z
        .looseObject({ reservations: z.looseObject({ memory: bytes.optional() }).optional() })
        .optional(),
      update_config: z.looseObject({ order: z.string().optional() }).optional(),
    })
    .optional(),
  environment: z.record(z.string(), z.string().nullable()).optional(),
  labels: z.record(z.string(), z.string()).optional(),
});

const file = z.looseObject({ file: z.string().optional(), name: z.string().optional() });

const modelSchema = z.looseObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9_-]*$/),
  services: z.record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/), service),
  networks: z.record(z.string(), z.looseObject({ name: name.optional() }).nullable()).optional(),
  volumes: z
    .record(z.string(), z.looseObject({ name: z.string().optional() }).nullable())
    .optional(),
  configs: z.record(z.string(), file).optional(),
  secrets: z.record(z.string(), file).optional(),
});

/** What `docker compose config --format json` prints: the Compose files with everything resolved. Unknown keys are kept. */
export type Model = z.infer<typeof modelSchema>;
export type Service = z.infer<typeof service>;

/** @throws UserError `compose-invalid` */
export function parseModel(text: string): Model {
  // What JavaScript keeps apart from all other keys would be lost without a word. A quote within a text is escaped in JSON.
  if (/"__proto__"\s*:/.test(text)) throw unreadable('something is called __proto__', '__proto__');
  const result = modelSchema.safeParse(JSON.parse(text, halved));
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw unreadable(issue?.message ?? '', issue?.path.join('.'));
}

/** A text as Compose prints and reads it: one $ would be the beginning of a variable. */
export function escaped(text: string): string {
  return text.replaceAll('$', '$$$$');
}

export function unescaped(text: string): string {
  return text.replaceAll('$$', '$');
}

/** Compose escapes all that it prints, and of what it reads it takes that back in values alone. So names are given back as they were. */
function halved(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [unescaped(key), item as unknown]),
  );
}

function unreadable(what: string, value: string | undefined): UserError {
  return new UserError({
    id: 'compose-invalid',
    message: `The Compose model holds something that Slipway cannot read: ${what}.`,
    value,
    fix: 'Mend this part of the Compose file; try it with: docker compose config',
  });
}

/** How many containers a service shall have. */
export function replicas({ deploy, scale }: Service): number {
  return deploy?.replicas ?? scale ?? 1;
}

/** The networks of a service; Compose gives `default` to one that names none. */
export function networksOf({ networks }: Service): string[] {
  return Object.keys(networks ?? {});
}

/**
 * JSON that Compose reads back as it was: it takes it for YAML, where some characters are not allowed as they stand, and others end
 * a line. Source: https://yaml.org/spec/1.1/, c-printable and b-char.
 */
export function formatJson(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${text}\n`;
}
