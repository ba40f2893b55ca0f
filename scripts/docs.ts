/**
 * Writes what a README can know from its action.yml (usage, inputs, outputs) between the markers
 * `<!-- slipway:inputs -->` and `<!-- /slipway -->`; the text around them is written by hand.
 * With --check it changes nothing and fails when a README is behind.
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { readAction } from './docs/action.ts';
import { render } from './docs/render.ts';

const markers = /(<!-- slipway:inputs -->)[^]*?(<!-- \/slipway -->)/;

process.chdir(join(import.meta.dirname, '..'));
const check = process.argv.includes('--check');
const problems: string[] = [];

for (const file of ['action.yml', ...globSync('actions/*/action.yml').sort()]) {
  const readme = file.replace('action.yml', 'README.md');
  try {
    const text = existsSync(readme) ? readFileSync(readme, 'utf8') : '';
    if (!markers.test(text)) {
      throw new Error(`${readme} lacks <!-- slipway:inputs --> ... <!-- /slipway -->`);
    }
    const reference = render(readAction(file));
    const written = text.replace(markers, (_, open, close) => `${open}\n${reference}\n${close}`);
    const style = await resolveConfig(readme);
    const wanted = await format(written, { ...style, parser: 'markdown' });
    if (wanted === text) continue;
    if (check) throw new Error(`${readme} is behind ${file}: run "npm run docs"`);
    writeFileSync(readme, wanted);
    console.log(`wrote ${readme}`);
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  }
}

for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;
