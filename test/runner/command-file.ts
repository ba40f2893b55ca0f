import { readFileSync } from 'node:fs';

/** Reads a command file: `name=value` lines, and `name<<DELIMITER` blocks with a delimiter of the writer's choice. */
export function parseCommandFile(file: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = readFileSync(file, 'utf8').split('\n');
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    const block = /^([^=<]+)<<(.+)$/.exec(line);
    if (block?.[1] !== undefined && block[2] !== undefined) {
      const end = lines.indexOf(block[2]);
      if (end === -1) throw new Error(`the block of ${block[1]} has no end`);
      values[block[1]] = lines.splice(0, end).join('\n');
      lines.shift();
    } else if (line.includes('=')) {
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    } else if (line !== '') {
      throw new Error(`not a line of a command file: ${line}`);
    }
  }
  return values;
}
