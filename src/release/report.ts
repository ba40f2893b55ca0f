import { cell, code, table } from '../kit/summary.ts';
import { formatReference, parseReference } from '../registry/reference.ts';
import { recordHash, type ReleaseRecord } from './record.ts';
import type { RecordResult } from './recording.ts';

/** The outputs of the action, by name. */
export function recordOutputs(
  { outcome, file, reference, sentence }: RecordResult,
  path: string,
): Readonly<Record<string, string>> {
  return {
    outcome,
    sentence,
    release: path,
    record: recordHash(file.bytes),
    artifact: reference === undefined ? '' : formatReference(reference),
    id: file.record.id,
    services: JSON.stringify(file.record.services),
  };
}

/** Blocks of Markdown for the job summary: the sentence, then every service. */
export function recordSummary(result: RecordResult): string[] {
  const { outcome, file, reference, sentence, unproven } = result;
  const { record } = file;
  return [
    `### Release ${code(record.id)}: ${outcome}`,
    ...(unproven
      ? ['> [!CAUTION]\n> 🚩 **Not proven.** Nothing shows that this release ever served well.']
      : []),
    cell(sentence),
    table(
      ['Service', 'Image', 'Digest', 'Revision', 'Built'],
      Object.keys(record.services)
        .sort()
        .map((name) => row(name, record)),
    ),
    `Record ${code(recordHash(file.bytes))}${reference === undefined ? ', not published' : `, published as ${code(formatReference(reference))}`}`,
  ];
}

function row(name: string, { commit, services }: ReleaseRecord): string[] {
  const { image = '', revision = '' } = services[name] ?? {};
  const { digest, ...reference } = parseReference(image);
  return [
    cell(name),
    code(formatReference({ ...reference, digest: undefined })),
    code((digest ?? '').slice(0, 19)),
    code(revision.slice(0, 7)),
    revision === commit ? 'of this commit' : 'unchanged',
  ];
}
