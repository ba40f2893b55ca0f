import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

const text = z.string().trim().min(1);

const schema = z.object({
  name: text,
  description: text,
  branding: z.object({ icon: text, color: text }),
  inputs: z
    .record(
      z.string(),
      z.object({
        description: text,
        required: z.boolean().default(false),
        default: z.coerce.string().default(''),
      }),
    )
    .default({}),
  outputs: z.record(z.string(), z.object({ description: text })).default({}),
});

/** What a README says of an action; `uses` is how a workflow names it. */
export interface Action extends z.infer<typeof schema> {
  readonly uses: string;
}

/** Reads an action.yml, and refuses one that leaves its reader without a description or branding. */
export function readAction(file: string): Action {
  const { success, data, error } = schema.safeParse(parse(readFileSync(file, 'utf8')));
  if (!success) throw new Error(`${file}:\n${z.prettifyError(error)}`);
  const path = [repository(), dirname(file)].filter((part) => part !== '.').join('/');
  return { ...data, uses: `${path}@v1` };
}

/** The one place that knows what this repository is called is package.json. */
function repository(): string {
  const manifest = z.object({ repository: z.string().startsWith('github:') });
  const { repository } = manifest.parse(JSON.parse(readFileSync('package.json', 'utf8')));
  return repository.slice('github:'.length);
}
