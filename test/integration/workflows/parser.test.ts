import { validate } from '@actions/languageservice';
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TextDocument } from 'vscode-languageserver-textdocument';
import { parse } from 'yaml';
import { checkout, own, shipped, slipway, standIns } from './shipped.ts';

type Config = NonNullable<Parameters<typeof validate>[1]>;
type Metadata = Awaited<
  ReturnType<NonNullable<Config['actionsMetadataProvider']>['fetchActionMetadata']>
>;

/** Actions that need no stand-in, with the inputs that we give them. */
const inputs: Readonly<Record<string, readonly string[]>> = {
  'actions/checkout': ['persist-credentials', 'fetch-depth'],
  'actions/setup-node': ['node-version'],
};

/** Lets the parser see the called workflow and the actions, so that it checks inputs and secrets against them. */
const config: Config = {
  fileProvider: {
    getFileContent: (reference) => {
      const name = reference.path.replace(/^(\.\/)?\.github\//, '');
      return Promise.resolve({ name, content: readFileSync(join(checkout, name), 'utf8') });
    },
  },
  actionsMetadataProvider: {
    fetchActionMetadata: ({ owner, name, path = '' }) => {
      const action = `${owner}/${name}`;
      const known = inputs[action];
      if (known)
        return Promise.resolve({
          name,
          description: name,
          inputs: Object.fromEntries(known.map((input) => [input, { description: input }])),
        });
      const folder = action === slipway ? join(checkout, path) : join(standIns, action);
      return Promise.resolve(parse(readFileSync(join(folder, 'action.yml'), 'utf8')) as Metadata);
    },
  },
};

const text = (message: string | { value: string }): string =>
  typeof message === 'string' ? message : message.value;

let documents = 0;

/** What GitHub would say about a workflow, as lines. */
async function complaints(path: string, content: string): Promise<string[]> {
  documents += 1; // the service remembers a document by its address
  const { context } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
  const found = await validate(
    TextDocument.create(`file:///repository-${documents}/.github/${path}`, 'yaml', 1, content),
    config,
  );
  return [
    ...context.errors.getErrors().map(({ message }) => message),
    ...found.map(({ message, range }) => `${path}:${range.start.line + 1}: ${text(message)}`),
  ];
}

describe("GitHub's own parser", () => {
  test.each([...shipped, ...own].map(({ path, text }) => [path, text]))(
    'has nothing to say about %s',
    async (path, content) => {
      expect(await complaints(path, content)).toEqual([]);
    },
  );

  test.each([
    [
      'an unknown input of an action',
      'version: ${{ inputs.version }}',
      'versoin: ${{ inputs.version }}',
      /versoin/,
    ],
    [
      'an unknown input of a called workflow',
      'environment: staging',
      'environmnet: staging',
      /environmnet/,
    ],
    [
      'a secret that the called workflow does not know',
      'STAGING_ENV: ${{',
      'STAGIN_ENV: ${{',
      /STAGIN_ENV/,
    ],
    ['an unknown job', 'needs: record', 'needs: recrod', /recrod/],
  ])('would find %s', async (_, right, wrong, complaint) => {
    const wounded = shipped.find(({ text }) => text.includes(right));
    const found = await complaints(wounded?.path ?? '', wounded?.text.replace(right, wrong) ?? '');
    expect(found.join('\n')).toMatch(complaint);
  });
});
