import { z } from 'zod';

const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]*$/,
    'use lower-case letters, digits, - and _, starting with a letter or digit',
  );
const serviceName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'use letters, digits, dots, - and _');
const list = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const path = z
  .string()
  .regex(/^\P{Cc}+$/u, 'a path has no line breaks or other control characters');
const paths = z.union([path.transform((text) => [text]), z.array(path)]);
const duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, 'write a duration such as 30s or 5m');
const port = z.int().min(1).max(65535);
const size = z.string().regex(/^\d+(\.\d+)?\s?([kMG]i?)?B$/, 'write a size such as 500MB');

const service = z.strictObject({
  context: z.string().optional().describe('Folder that the image is built from.'),
  dockerfile: z
    .string()
    .optional()
    .describe('Dockerfile, relative to the repository; default: Dockerfile in the context.'),
  image: z.string().optional().describe('Repository of the image, without tag.'),
  port: port
    .optional()
    .describe(
      'Port on which the service speaks HTTP; the proxy routes to it. Without it, it gets no traffic.',
    ),
  watch: list
    .optional()
    .describe(
      'Folders and files outside the context that the service is made of as well; a change there builds it anew.',
    ),
  target: z.string().optional().describe('Stage of the Dockerfile that is built.'),
  args: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .optional()
    .describe('Build arguments. They end up in the image: never put a secret here.'),
  platforms: list.optional().describe('Platforms of the image, for example linux/amd64.'),
  'max-size': size.optional().describe('Size above which the build fails.'),
});

const proxy = z.strictObject({
  driver: z.enum(['nginx', 'none']).describe('How traffic is switched.'),
  service: serviceName.optional().describe('The Compose service that is the proxy.'),
  drain: duration
    .optional()
    .describe('How long old connections may take to end before the old containers are stopped.'),
});

const check = z.strictObject({
  get: z.string().startsWith('/').describe('Path, relative to the url of the environment.'),
  expect: z
    .strictObject({
      status: z.int().optional().describe('Expected HTTP status.'),
      json: z
        .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
        .optional()
        .describe(
          'Fields of the JSON answer by dotted path; ${service.revision} stands for the revision of the release.',
        ),
    })
    .optional(),
  service: serviceName.optional().describe('The service whose revision ${service.revision} means.'),
});

const say = z.enum(['fail', 'warn', 'ignore']);

const scan = z.strictObject({
  severity: z
    .enum(['critical', 'high', 'medium', 'low', 'unknown', 'none'])
    .optional()
    .describe('The lowest severity that fails; none to report only. Default: high.'),
  'fixable-only': z
    .boolean()
    .optional()
    .describe('Whether only what a newer version mends fails. Default: true.'),
  'fail-on': z
    .enum(['all', 'new'])
    .optional()
    .describe('new: only what the release before did not have fails. Default: all.'),
  'end-of-life': say
    .optional()
    .describe('An image whose operating system gets no more fixes. Default: warn.'),
  root: say.optional().describe('An image that runs as root. Default: warn.'),
  'max-size': size.optional().describe('Size on disk above which an image fails.'),
});

const environment = z.strictObject({
  host: list.optional().describe('user@host:port, one or several.'),
  'ssh-jump': z
    .string()
    .optional()
    .describe('user@host:port of the host through which the others are reached.'),
  url: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Where users reach this environment.'),
  requires: name.optional().describe('The environment that must have proven a release first.'),
  ref: z.string().optional().describe('Which refs may be released here, as a glob.'),
  path: z
    .string()
    .optional()
    .describe('Folder on the host; default: slipway/<app>/<environment> in the home folder.'),
  compose: paths.optional(),
  'env-template': z
    .string()
    .optional()
    .describe(
      'A dotenv file of the repository that lists the names which the environment of a release must have, for example .env.production.example.',
    ),
  proxy: proxy.optional(),
  'requires-host': z
    .strictObject({
      memory: size.optional().describe('Memory of the host, for example 8GB.'),
      cores: z.int().min(1).optional().describe('Processor cores.'),
      disk: size
        .optional()
        .describe('Size of the file system where Docker keeps its data, for example 100GB.'),
    })
    .optional()
    .describe('What a host must have at least; a smaller one is refused.'),
  scan: scan.optional().describe('What differs here from the top-level "scan:".'),
  smoke: z.array(check).optional(),
});

/** slipway.yml: one description of a system for every action. The JSON Schema for editors is generated from this. */
export const slipwaySchema = z.strictObject({
  app: name.describe('Name of the system.'),
  compose: paths
    .default(['docker-compose.yml'])
    .describe('Compose files, in the order of docker compose -f.'),
  services: z
    .record(serviceName, service)
    .default({})
    .describe('What this repository builds, and what the proxy routes to.'),
  proxy: proxy.default({ driver: 'none' }),
  record: z
    .string()
    .optional()
    .describe(
      'Repository of the registry that keeps the release records. Default: <app>-release beside the images.',
    ),
  scan: scan.default({}).describe('What a vulnerability scan may find.'),
  migrate: z
    .strictObject({ service: serviceName })
    .optional()
    .describe('A one-shot service that runs before the new containers start.'),
  environments: z.record(name, environment).default({}),
  smoke: z.array(check).default([]).describe('What proves that a release serves well.'),
});

export type Slipway = z.infer<typeof slipwaySchema>;
export type SmokeCheck = z.infer<typeof check>;
export type ScanSettings = z.infer<typeof scan>;
export type ProxySettings = z.infer<typeof proxy>;
export type HostNeeds = NonNullable<Slipway['environments'][string]['requires-host']>;
