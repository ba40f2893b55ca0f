import { beforeEach, describe, expect, test } from '@jest/globals';
import { Progress } from '../../../src/build/progress.ts';
import { cachedSteps, stageTable } from '../../../src/build/summary.ts';
import type { Log } from '../../../src/kit/log.ts';

let told: string[];
let progress: Progress;
const unused = (): never => {
  throw new Error('nobody should say this');
};
const log: Log = {
  foreign: (label, line) => told.push(`${label} | ${line}`),
  info: unused,
  notice: unused,
  warning: unused,
  error: unused,
  group: unused,
};
beforeEach(() => {
  told = [];
  progress = new Progress(log);
});

const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const take = (status: object): void => {
  progress.take(JSON.stringify(status));
};
const vertex = (digest: string, name: string, more: object = {}): void => {
  take({ vertexes: [{ digest, name, ...more }] });
};

describe("a build's own account", () => {
  test('tells each instruction once, when it is done, and what it says meanwhile', () => {
    vertex('a', '[deps 2/3] RUN npm ci');
    vertex('a', '[deps 2/3] RUN npm ci', { started: at(0) });
    take({ logs: [{ vertex: 'a', data: base64('added 7 packages\n\rdone\n') }] });
    vertex('a', '[deps 2/3] RUN npm ci', { started: at(0), completed: at(1500) });
    vertex('b', '[deps 3/3] RUN true', { started: at(0), completed: at(0), cached: true });
    vertex('c', '[internal] load build context', { started: at(0), completed: at(10) });
    expect(told).toEqual([
      'deps 2/3 | added 7 packages',
      'deps 2/3 | done',
      '1.5 s | [deps 2/3] RUN npm ci',
      'cached | [deps 3/3] RUN true',
    ]);
  });

  test('counts instructions, not base images, and knows which the cache had', () => {
    vertex('f', '[1/3] FROM node:24', { started: at(0), completed: at(900) });
    vertex('a', '[2/3] COPY a /', { started: at(0), completed: at(0), cached: true });
    vertex('b', '[3/3] RUN b', { started: at(0), completed: at(200) });
    vertex('c', '[linux/arm64 deps  9/10] COPY c /', { started: at(0), completed: at(300) });
    vertex('d', '[other 2/2] RUN never', { started: at(0) });
    expect(progress.steps()).toEqual([
      { stage: '', instruction: 'COPY a /', cached: true, ms: 0 },
      { stage: '', instruction: 'RUN b', cached: false, ms: 200 },
      { stage: 'linux/arm64 deps', instruction: 'COPY c /', cached: false, ms: 300 },
    ]);
    expect(cachedSteps(progress)).toEqual({ steps: 3, cached: 1 });
  });

  test('a step that begins several times took from the first beginning to the last end', () => {
    vertex('a', '[1/1] COPY a /', { started: at(100), completed: at(200) });
    vertex('a', '[1/1] COPY a /', { started: at(300), completed: at(450) });
    expect(progress.steps()[0]?.ms).toBe(350);
  });

  test('has the warnings of the check with rule and line, each once', () => {
    const warning = {
      vertex: 'x',
      level: 1,
      short: base64('JSONArgsRecommended: JSON arguments recommended for CMD (line 9)'),
      url: 'https://docs.docker.com/go/dockerfile/rule/json-args-recommended/',
      range: [{ start: { line: 9 }, end: { line: 9 } }],
    };
    const other = { ...warning, short: base64('no rule here'), url: '', range: null };
    take({ warnings: [warning] });
    take({ warnings: [warning, other] });
    expect(progress.warnings()).toEqual([
      { rule: 'BuildKit', text: 'no rule here', line: 1, url: '' },
      {
        rule: 'JSONArgsRecommended',
        text: 'JSON arguments recommended for CMD',
        line: 9,
        url: warning.url,
      },
    ]);
  });

  test('tells what failed from what was only ended with it, and from the cache', () => {
    vertex('i', 'importing cache manifest from r/x:c', {
      started: at(0),
      completed: at(1),
      error: 'r/x:c: not found',
    });
    vertex('a', '[2/3] RUN a', { started: at(0), completed: at(9), error: 'exit code: 1' });
    vertex('b', '[2/2] RUN b', { started: at(0), completed: at(9), error: 'context canceled' });
    for (let line = 1; line <= 30; line += 1)
      take({ logs: [{ vertex: 'a', data: base64(`line ${line}\n`) }] });
    progress.take('Dockerfile:2');
    progress.take('');
    const { errors, words, said } = progress.trouble();
    expect([errors, words]).toEqual([['exit code: 1'], ['Dockerfile:2']]);
    expect([said.length, said[0], said.at(-1)]).toEqual([20, 'line 11', 'line 30']);
  });

  test('knows when the cache was not kept, though the build went well', () => {
    expect(progress.cacheTrouble()).toBeUndefined();
    vertex('c', 'exporting cache to registry', {
      started: at(0),
      completed: at(1),
      error: '403 Forbidden',
    });
    expect(progress.cacheTrouble()).toBe('403 Forbidden');
    expect(progress.trouble().errors).toEqual([]);
  });

  test('takes lines that are no status for words, also those that only look like one', () => {
    for (const line of ['{', '{"vertexes":7}', 'ERROR: x']) progress.take(line);
    expect(progress.trouble().words).toEqual(['{', '{"vertexes":7}', 'ERROR: x']);
  });

  test('gives the time of each stage and of what comes with it', () => {
    vertex('a', '[deps 2/2] RUN a', { started: at(0), completed: at(1000) });
    vertex('b', '[2/2] COPY b /', { started: at(0), completed: at(0), cached: true });
    vertex('e', 'exporting to image', { started: at(0), completed: at(2500) });
    expect(stageTable(progress).split('\n').slice(2)).toEqual([
      '| deps | 0 of 1 | 1.0 s |',
      '| the only stage | 1 of 1 | 0.0 s |',
      '| Export and push |  | 2.5 s |',
    ]);
  });
});
