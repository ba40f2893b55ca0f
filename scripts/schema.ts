/**
 * Writes schema/slipway.schema.json, by which editors complete and check slipway.yml, from the schema that reads it.
 * With --check it changes nothing and fails when the file is behind.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { z } from 'zod';
import { slipwaySchema } from '../src/config/schema.ts';

const file = join(import.meta.dirname, '../schema/slipway.schema.json');

const schema = {
  title: 'slipway.yml',
  description: 'One description of a system for every Slipway action.',
  // The input side: what may be written. Defaults and short forms are filled in later.
  ...z.toJSONSchema(slipwaySchema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // Zod's own name for what `pattern` says as well; validators refuse a format that they do not know.
      if (String(jsonSchema.format) === 'starts_with') delete jsonSchema.format;
    },
  }),
};
const style = await resolveConfig(file);
const wanted = await format(JSON.stringify(schema), { ...style, parser: 'json' });

if (wanted !== current()) {
  if (process.argv.includes('--check')) {
    console.error('schema/slipway.schema.json is behind src/config/schema.ts: run "npm run docs"');
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, wanted);
    console.log('wrote schema/slipway.schema.json');
  }
}

function current(): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
