import { globSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { UserError } from '../kit/errors.ts';
import { insideWorkspace } from '../kit/inputs.ts';
import { imageFacts, serviceName } from './record.ts';

const legSchema = z.strictObject({
  schema: z.literal(1),
  service: serviceName,
  ...imageFacts,
});

/** What one leg of a build's matrix made: one service's image. */
export type Leg = z.infer<typeof legSchema>;

/** What is known of a service's image, whether it was built now or taken over. */
export type ImageFacts = Omit<Leg, 'schema' | 'service'>;

/**
 * Reads the file that build-image leaves for each service.
 * @throws UserError `leg-invalid`
 */
export function parseLeg(text: string, file: string): Leg {
  return fit(
    legSchema,
    text,
    file,
    'Let build-image write it; it is uploaded and downloaded as it is.',
  );
}

/**
 * The legs in a folder and those below it, or the files that a glob finds; none where there is nothing.
 * @throws UserError `leg-invalid` or `path-outside-workspace`
 */
export function readLegs(place: string, workspace: string): Leg[] {
  const isFolder = statSync(join(workspace, place), { throwIfNoEntry: false })?.isDirectory();
  const pattern = isFolder ? join(place, '**/*.json') : place;
  return globSync(pattern, { cwd: workspace })
    .sort()
    .map((found) => insideWorkspace(found, workspace))
    .filter((path) => statSync(path).isFile())
    .map((path) => parseLeg(readFileSync(path, 'utf8'), relative(workspace, path)));
}

const unchangedSchema = z.record(serviceName, z.object(imageFacts));

/**
 * Reads what detect says of services that are not built: their images and revisions of an earlier release, by service.
 * @throws UserError `leg-invalid`
 */
export function parseUnchanged(text: string): Readonly<Record<string, ImageFacts>> {
  return fit(
    unchangedSchema,
    text,
    'unchanged',
    'Give the output unchanged of detect as it is: unchanged: ${{ needs.detect.outputs.unchanged }}',
  );
}

function fit<T>(schema: z.ZodType<T>, text: string, value: string, fix: string): T {
  const refuse = (why: string, cause?: unknown): UserError =>
    new UserError(
      {
        id: 'leg-invalid',
        message: `What was built cannot be read: ${why}.`,
        value,
        fix,
      },
      { cause },
    );
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw refuse('it is not JSON', error);
  }
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refuse(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}
