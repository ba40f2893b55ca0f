/**
 * Writes the JSON Schemas in schema/, by which editors complete and check slipway.yml and others read release.json, from the schemas
 * that read them. With --check it changes nothing and fails when a file is behind.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { slipwaySchema } from '../src/config/schema.ts';
import { recordSchema } from '../src/release/record.ts';

const root = join(import.meta.dirname, '..');

await publish('schema/slipway.schema.json', 'src/config/schema.ts', {
  title: 'slipway.yml',
  description: 'One description of a system for every Slipway action.',
  ...jsonSchema(slipwaySchema),
});
await publish('schema/release.schema.json', 'src/release/record.ts', {
  title: 'release.json',
  description: 'One release: what was built from one commit, by digest.',
  ...jsonSchema(recordSchema),
});

function jsonSchema(schema: z.ZodType): object {
  return z.toJSONSchema(schema, {
    // The input side: what may be written. Defaults and short forms are filled in later.
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // Zod's own name for what `pattern` says as well; validators refuse a format that they do not know.
      if (String(jsonSchema.format) === 'starts_with') delete jsonSchema.format;
    },
  });
}

async function publish(name: string, source: string, schema: object): Promise<void> {
  const file = join(root, name);
  const style = await resolveConfig(file);
  const wanted = await format(JSON.stringify(schema), { ...style, parser: 'json' });
  if (wanted === current(file)) return;
  if (process.argv.includes('--check')) {
    console.error(`${name} is behind ${source}: run "npm run docs"`);
    process.exitCode = 1;
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, wanted);
  console.log(`wrote ${name}`);
}

function current(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
