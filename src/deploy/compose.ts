import { createHash } from 'node:crypto';
import { relative } from 'node:path/posix';
import { UserError } from '../kit/errors.ts';
import type { TarEntry } from '../kit/tar.ts';
import type { ReleaseRecord } from '../release/record.ts';
import type { Kept } from './adopt.ts';
import { below, type Content, exists, readContent } from './files.ts';
import { FINGERPRINT } from './labels.ts';
import { escaped, type Model, networksOf, type Service, unescaped } from './model.ts';
import type { SecretFiles } from './secret-files.ts';

/** Where nginx finds what Slipway generates for it, inside the container. */
export const GENERATED = '/etc/nginx/slipway';

/** The services that the proxy routes to, and the proxy; undefined where traffic is not switched. */
export interface Routing {
  readonly proxy: string;
  readonly ports: Readonly<Record<string, number>>;
}

/** What belongs to one host: absolute folders. */
export interface Place {
  /** The environment's folder on the host. */
  readonly root: string;
  /** Where Compose resolved the files: relative paths of the Compose file now lie below it. */
  readonly source: string;
  readonly kept: Kept;
}

/** A Compose file with nothing left open, and the files that it mounts. */
export interface FinalCompose {
  readonly model: Model;
  /** Entries below `files/<sha256>` and `release/proxy/`. */
  readonly entries: readonly TarEntry[];
}

/** Which image each service shall run: the record's by service name or by repository, any other as the Compose file says. */
export function chooseImages(model: Model, record: ReleaseRecord): Map<string, string> {
  const byRepository = new Map(
    Object.values(record.services).map(({ image }) => [repositoryOf(image), image]),
  );
  return new Map(
    Object.entries(model.services).map(([name, service]) => {
      const own = Object.hasOwn(record.services, name) ? record.services[name]?.image : undefined;
      const image =
        own ??
        byRepository.get(repositoryOf(service.image ?? '')) ??
        (service.build === undefined ? service.image : undefined);
      if (image === undefined) {
        throw new UserError({
          id: 'image-not-recorded',
          message:
            'A service is built from this repository, but the release record holds no image for it.',
          value: name,
          fix: `Build ${name} before the release and have it recorded in release.json, or give it an "image:" that exists.`,
        });
      }
      return [name, image];
    }),
  );
}

/** `ghcr.io/acme/auth:1@sha256:..` -> `ghcr.io/acme/auth`. */
export function repositoryOf(image: string): string {
  return image.replace(/@.*$/, '').replace(/:[^/:]*$/, '');
}

/**
 * Makes the model final: images by digest, mounts of repository files by content, the proxy's configuration at its stable place,
 * generated upstreams and the services' names given to the proxy, a fingerprint on every service.
 */
export function finalCompose(
  model: Model,
  images: ReadonlyMap<string, string>,
  routing: Routing | undefined,
  place: Place,
  workspace: string,
  secretFiles: SecretFiles = new Map(),
): FinalCompose {
  const contents = new Map<string, Content>();
  const proxyFiles = new Map<string, TarEntry>();

  /** Where a path of the Compose file lies on the host from now on. */
  const placed = (source: string, forProxy: boolean): string => {
    const path = below(place.source, source);
    if (path === undefined) {
      if (below(place.root, source) === undefined) return source;
      throw outside(relative(place.source, source));
    }
    if (path === '') throw outside('.');
    const stays = Object.hasOwn(place.kept.binds, path) ? place.kept.binds[path] : undefined;
    if (stays !== undefined) return stays;
    if (!exists(path, workspace, secretFiles)) return `${place.root}/shared/${path}`;
    const content = readContent(`${workspace}/${path}`, workspace, secretFiles);
    if (forProxy) {
      for (const entry of content.entries) {
        const name = at(path, entry.path, content.folder);
        proxyFiles.set(name, { ...entry, path: `release/proxy/${name}` });
      }
      return `${place.root}/proxy/files/${path}`;
    }
    contents.set(content.sha256, content);
    return `${place.root}/files/${content.sha256}`;
  };

  const settle = (source: string, forProxy: boolean): string =>
    escaped(placed(unescaped(source), forProxy));

  const services: Record<string, Service> = {};
  const external: NonNullable<Model['volumes']> = {};
  for (const [name, original] of Object.entries(model.services)) {
    const isProxy = routing?.proxy === name;
    const { build: _built, develop: _watched, ...rest } = original;
    const unnamed = unnamedVolumes(name, original, place.kept);
    const volumes = [
      ...(original.volumes ?? [])
        .filter(({ target }) => unnamed.every((volume) => volume.target !== target))
        .map((volume) =>
          volume.type === 'bind' && volume.source !== undefined
            ? { ...volume, source: settle(volume.source, isProxy) }
            : volume,
        ),
      ...unnamed,
    ];
    for (const { source, target } of unnamed)
      external[source] = { name: place.kept.volumes[name]?.[target], external: true };
    const service: Service = {
      ...rest,
      image: images.get(name),
      ...(volumes.length > 0 && { volumes }),
    };
    services[name] = isProxy ? asProxy(service, model, routing, place.root) : service;
  }
  const settleFiles = <T extends { file?: string | undefined }>(
    all: Record<string, T> | undefined,
  ): Record<string, T> | undefined =>
    all &&
    Object.fromEntries(
      Object.entries(all).map(([key, item]) => [
        key,
        item.file === undefined ? item : { ...item, file: settle(item.file, false) },
      ]),
    );
  const configs = settleFiles(model.configs);
  const secrets = settleFiles(model.secrets);
  for (const [name, service] of Object.entries(services)) {
    const print = fingerprint({
      service,
      configs: pick(configs, service.configs),
      secrets: pick(secrets, service.secrets),
    });
    services[name] = { ...service, labels: { ...service.labels, [FINGERPRINT]: print } };
  }
  const entries = [...contents.values()].flatMap(({ sha256, folder, entries: all }) =>
    all.map((entry) => ({ ...entry, path: at(`files/${sha256}`, entry.path, folder) })),
  );
  return {
    model: {
      ...model,
      services,
      ...((model.volumes ?? Object.keys(external).length > 0) && {
        volumes: { ...model.volumes, ...external },
      }),
      ...(configs && { configs }),
      ...(secrets && { secrets }),
    },
    entries: [...entries, ...proxyFiles.values()],
  };
}

/**
 * The volumes that were kept for a service, but for those that have been given another one since. Their names are other ones on each
 * host, and must not make another release of it there; so the service knows them by keys.
 */
function unnamedVolumes(
  name: string,
  { volumes = [] }: Service,
  kept: Kept,
): { type: string; source: string; target: string }[] {
  return Object.keys(kept.volumes[name] ?? {})
    .filter((target) => !volumes.some((one) => one.target === target && one.source !== undefined))
    .map((target) => {
      const source = `kept-${fingerprint([name, target]).slice(0, 8)}`;
      return { type: 'volume', source, target };
    });
}

/** The path of an entry of a content that is placed at `place`. */
function at(place: string, path: string, folder: boolean): string {
  return path === '' && !folder ? place : `${place}/${path}`;
}

/** The proxy mounts what Slipway generates, and answers for the names of the services it routes to. */
function asProxy(service: Service, model: Model, routing: Routing, root: string): Service {
  const volumes = (service.volumes ?? []).filter(({ target }) => target !== GENERATED);
  // Under SELinux, what we add needs the label that the user had to give to the rest.
  const marked = volumes.some(({ bind }) => bind?.selinux !== undefined);
  const networks = Object.fromEntries(
    Object.entries(service.networks ?? {}).map(([network, settings]) => {
      const names = Object.keys(routing.ports)
        .filter((name) => networksOf(model.services[name] ?? {}).includes(network))
        .flatMap((name) => aliasesOn(name, model, network));
      return [
        network,
        { ...settings, aliases: [...new Set([...(settings?.aliases ?? []), ...names])].sort() },
      ];
    }),
  );
  return {
    ...service,
    volumes: [
      ...volumes,
      {
        type: 'bind',
        source: escaped(`${root}/proxy/upstreams`),
        target: GENERATED,
        read_only: true,
        ...(marked && { bind: { selinux: 'z' } }),
      },
    ],
    networks,
  };
}

/** The names of a service on a network: its own, and those that the Compose file adds. */
export function aliasesOn(name: string, model: Model, network: string): string[] {
  return [name, ...(model.services[name]?.networks?.[network]?.aliases ?? [])];
}

function pick(all: Record<string, unknown> | undefined, used: unknown): unknown {
  const names = (Array.isArray(used) ? used : []).map(
    (item: { source?: string }) => item.source ?? '',
  );
  return names.map((name) => all?.[name]);
}

/** A hash of a value that does not depend on the order of its keys. */
export function fingerprint(value: unknown): string {
  const canonical = JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );
  return createHash('sha256').update(canonical).digest('hex');
}

function outside(path: string): UserError {
  return new UserError({
    id: 'mount-outside',
    message: 'A bind mount in the Compose file is the whole repository, or lies outside of it.',
    value: path,
    fix: 'Mount single files or folders of the repository, or an absolute folder of the host.',
  });
}
