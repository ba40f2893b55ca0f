import type { Action } from './action.ts';

/** What a usage example gives to the inputs that have one spelling in every action. */
const samples: Readonly<Record<string, string>> = {
  environment: 'production',
  host: 'deploy@app.example.com',
  'ssh-key': '${{ secrets.SSH_KEY }}',
  'ssh-known-hosts': '${{ vars.SSH_KNOWN_HOSTS }}',
  release: 'release.json',
};

/** The usage example and the tables of an action, in Markdown. */
export function render(action: Action): string {
  const inputs = Object.entries(action.inputs);
  const outputs = Object.entries(action.outputs);
  return [
    usage(action),
    table(
      ['Input', 'Description', 'Default'],
      inputs.map(([name, input]) => [
        code(name),
        input.description,
        input.required ? '**required**' : code(input.default),
      ]),
    ),
    table(
      ['Output', 'Description'],
      outputs.map(([name, { description }]) => [code(name), description]),
    ),
  ].join('\n\n');
}

function usage({ uses, inputs }: Action): string {
  const given = Object.entries(inputs)
    .filter(([name, { required }]) => required || name in samples)
    .map(([name]) => `    ${name}: ${samples[name] ?? '...'}`);
  const lines = [`- uses: ${uses}`, ...(given.length > 0 ? ['  with:', ...given] : [])];
  return ['```yaml', ...lines, '```'].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

const cell = (text: string): string => text.trim().replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
const code = (text: string): string => (text === '' ? '' : `\`${text}\``);
