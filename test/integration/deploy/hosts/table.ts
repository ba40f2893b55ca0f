/**
 * Writes the table of docs/hosts.md from the list of host variants that the tests beside this walk through, between the
 * markers `<!-- slipway:hosts -->` and `<!-- /slipway -->`. With --check it changes nothing and fails when the page is behind.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { PLAIN, type Variant, VARIANTS } from './variants.ts';

const page = join(import.meta.dirname, '../../../../docs/hosts.md');
const markers = /(<!-- slipway:hosts -->)[^]*?(<!-- \/slipway -->)/;

const text = readFileSync(page, 'utf8');
if (!markers.test(text)) throw new Error(`${page} lacks its markers`);
const rows = VARIANTS.map((variant) => [variant.name, ending(variant), variant.standIn ?? '']);
const table = [['A host', 'What happens', 'What stands in for the real thing'], ['---', '---', '---'], ...rows]
  .map((cells) => `| ${cells.join(' | ')} |`)
  .join('\n'); // prettier-ignore
const written = text.replace(markers, (_, open, close) => `${open}\n\n${table}\n\n${close}`);
const wanted = await format(written, { ...(await resolveConfig(page)), parser: 'markdown' });
if (wanted !== text) {
  if (process.argv.includes('--check')) {
    console.error('docs/hosts.md is behind the tests: run "npm run docs"');
    process.exitCode = 1;
  } else {
    writeFileSync(page, wanted);
    console.log('wrote docs/hosts.md');
  }
}

function ending({ refused = [], warned }: Variant): string {
  const ids = (list: readonly string[]): string =>
    [...new Set(list)].map((id) => `[\`${id}\`](errors.md#errors)`).join(', ');
  if (refused.length > 0) return `Refused: ${ids(refused)}`;
  // Every plain host is told of its logs; a table need not repeat that.
  const own = (warned ?? PLAIN).filter((id) => !PLAIN.includes(id));
  return own.length === 0 ? 'Deployed' : `Deployed, with a warning: ${ids(own)}`;
}
