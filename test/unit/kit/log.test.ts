import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { actionsLog } from '../../../src/kit/log.ts';
import { FakeClock, stdoutOf } from './support.ts';

const clock = new FakeClock();
const log = actionsLog(clock);

/** What the runner would take for a command: `::` at the start of a line, or `##[` anywhere. */
const command = /^\s*::|##\[/m;
const word = fc.constantFrom('::set-env name=x::y', '##[command]', '\n', '\r', ' ', 'text', '\t::');
const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(word, { maxLength: 6 }).map((words) => words.join('')),
);

describe('info', () => {
  test('says what it is told, line by line', async () => {
    expect(await stdoutOf(() => { log.info('one\ntwo: three'); })).toBe('one\ntwo: three\n'); // prettier-ignore
  });

  test('no line of it is a workflow command', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        expect(await stdoutOf(() => { log.info(text); })).not.toMatch(command); // prettier-ignore
      }),
      { numRuns: 500 },
    );
  });
});

describe('foreign', () => {
  test('stands behind its label', async () => {
    const said = await stdoutOf(() => {
      log.foreign('api', '\u001b[31mboom\u001b[0m');
    });
    expect(said).toBe('  api | boom\n');
  });

  test('is one line, and no workflow command', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, hostile, async (label, text) => {
        const said = await stdoutOf(() => {
          log.foreign(label, text);
        });
        expect(said).not.toMatch(command);
        expect(said.split(/[\r\n\u2028\u2029]/)).toHaveLength(2);
      }),
      { numRuns: 500 },
    );
  });
});

test.each(['notice', 'warning', 'error'] as const)('%s is one annotation', async (kind) => {
  const said = await stdoutOf(() => {
    log[kind]('a\n::set-output name=x::y');
  });
  expect(said).toBe(`::${kind}::a%0A::set-output name=x::y\n`);
});

describe('group', () => {
  test('folds what is logged, says how long it took, and gives back the result', async () => {
    let result: number | undefined;
    const said = await stdoutOf(async () => {
      result = await log.group('Prepare v1', async () => {
        log.info('inside');
        await clock.sleep(65_000);
        return 7;
      });
    });
    expect(result).toBe(7);
    expect(said).toBe('::group::Prepare v1\ninside\n::endgroup::\nPrepare v1: 1 m 05 s\n');
  });

  test('no title becomes a workflow command', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (title) => {
        const said = await stdoutOf(() => log.group(title, () => Promise.resolve()));
        const [open, end, took = ''] = said.split('\n');
        expect(open).toMatch(/^::group::/);
        expect(end).toBe('::endgroup::');
        expect(took).not.toMatch(command);
        expect(said.split('\n')).toHaveLength(4);
      }),
      { numRuns: 500 },
    );
  });

  test('ends also when the work fails', async () => {
    const said = await stdoutOf(async () => {
      const work = log.group('Release', () => Promise.reject(new Error('no')));
      await expect(work).rejects.toThrow('no');
    });
    expect(said).toBe('::group::Release\n::endgroup::\nRelease: 0.0 s\n');
  });
});
