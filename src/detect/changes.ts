import type { ReleaseRecord } from '../release/record.ts';
import { repositoryOf } from './found.ts';
import type { Part } from './parts.ts';
import { definition, type Service } from './services.ts';

/** An image as a record holds it. */
export type Recorded = ReleaseRecord['services'][string];

/** A service, and what is to be done about it. */
export interface Verdict {
  readonly service: Service;
  /** What the base has, when that will do; a service without it is built. */
  readonly recorded: Recorded | undefined;
  /** In words, with names of files in backticks. */
  readonly reason: string;
}

export interface Comparison {
  readonly record: ReleaseRecord;
  /** The services as they were at the base; `undefined` when that could not be read. */
  readonly before: readonly Service[] | undefined;
  readonly files: readonly string[];
  readonly parts: ReadonlyMap<string, readonly Part[]>;
}

/** Decides for each service whether the base's image will do. Whatever is in doubt is built. */
export function judge(services: readonly Service[], comparison: Comparison): Verdict[] {
  return services.map((service) => {
    const { name } = service;
    const { services: records, commit } = comparison.record;
    const recorded = Object.hasOwn(records, name) ? records[name] : undefined;
    const reason =
      recorded === undefined
        ? 'the record of the base does not hold it'
        : whyBuilt(service, recorded, comparison);
    return reason === undefined
      ? {
          service,
          recorded,
          reason: `unchanged since ${(recorded?.revision ?? commit).slice(0, 7)}`,
        }
      : { service, recorded: undefined, reason };
  });
}

function whyBuilt(
  service: Service,
  recorded: Recorded,
  { before, files, parts }: Comparison,
): string | undefined {
  if (repositoryOf(recorded.image) !== service.image)
    return 'the record of the base has it under another image name';
  const old = before?.find(({ name }) => name === service.name);
  if (old === undefined) return 'how it was built at the base is not known';
  if (definition(old) !== definition(service)) return 'how it is built has changed';
  const touched = files.flatMap((file) => {
    const part = (parts.get(service.name) ?? []).find((one) => one.touches(file));
    return part === undefined ? [] : [{ file, what: part.what }];
  });
  const [first, ...others] = touched;
  if (first === undefined) return undefined;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  return `${first.file} has changed (${first.what})${more}`;
}
