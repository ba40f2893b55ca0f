import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { run } from '../../../../src/kit/process.ts';
import { Repository } from '../../../unit/detect/repository.ts';
import { folderWith } from '../../../unit/kit/support.ts';
import { GitServer } from './git-server.ts';
import { gitleaksFolder, lineWith, pull, push, scan, SECRETS, traces, witness } from './system.ts';

const TOKEN = 'ghs_0123456789abcdefghijklmnopqrstuvwxyz';
const GONE = 'dead'.repeat(10);

/** A folder with a gitleaks that does this before (or instead of) what it should; the real one is `$REAL`. */
async function gitleaksThat(script: string): Promise<string> {
  const folder = folderWith();
  const file = join(folder, 'gitleaks');
  const real = join(await gitleaksFolder(), 'gitleaks');
  writeFileSync(
    file,
    `#!/bin/sh\nREAL='${real}'\ncase "$1" in git) ;; *) exec "$REAL" "$@" ;; esac\n${script}\n`,
  );
  chmodSync(file, 0o755);
  return `${folder}:${process.env.PATH ?? ''}`;
}

/** What was killed and nobody has asked for yet is as good as gone. */
function isAlive(pid: string): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

/** Three commits with a secret in the second. */
async function origin(): Promise<{
  readonly repository: Repository;
  readonly before: string;
  readonly after: string;
}> {
  const repository = await Repository.with({ a: 'one\n' });
  const before = await repository.git('rev-parse', 'HEAD');
  await repository.commit({ a: lineWith(SECRETS.github) });
  const after = await repository.commit({ a: 'three\n' });
  return { repository, before, after };
}

describe('a scan that could not look is never clean', () => {
  test('not a git repository', async () => {
    const copy = new Repository();
    const step = await scan(copy, { event: 'schedule' });
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
    expect(step.log).toContain('[repository-missing]');
    expect(step.summary).toContain('repository-missing');
  });

  test('an unknown commit, from the event and from the input', async () => {
    const { repository, before } = await origin();
    const copy = await repository.clone(undefined);
    for (const occasion of [
      push(before, GONE),
      { event: 'schedule', inputs: { range: `${before}..nowhere` } },
    ]) {
      const step = await scan(copy, occasion);
      expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
      expect(step.log).toContain('[range-unknown]');
    }
  });

  test('a shallow checkout whose server does not answer', async () => {
    const { repository } = await origin();
    const copy = await repository.clone(1);
    await copy.git('remote', 'set-url', 'origin', 'http://127.0.0.1:9/shop.git');
    const step = await scan(copy, { event: 'schedule' });
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
    expect(step.log).toContain('[history-shallow]');
  });

  test('a clone without blobs', async () => {
    const { repository, before, after } = await origin();
    await repository.git('config', 'uploadpack.allowFilter', 'true');
    const copy = new Repository();
    const from = `file://${repository.folder}`;
    await copy.git('clone', '--quiet', '--no-checkout', '--filter=blob:none', from, '.');
    const step = await scan(copy, push(before, after));
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
    expect(step.log).toContain('[git-failed]');
    expect(step.log).toContain('without "filter"');
  });

  test('a damaged object', async () => {
    const { repository, before, after } = await origin();
    const copy = await repository.clone(undefined);
    await copy.git('unpack-objects', '-q').catch(() => undefined);
    const blob = await copy.git('rev-parse', `${after}~1:a`);
    const packs = (await copy.git('count-objects', '-v')).includes('packs: 1');
    const folder = join(copy.folder, '.git/objects');
    if (packs) {
      const pack = (await run('sh', ['-c', `ls ${folder}/pack/*.pack`])).stdout.trim();
      const moved = join(copy.folder, '.git/moved.pack');
      await run('mv', [pack, moved]);
      await run('sh', ['-c', `rm -f ${folder}/pack/*; git unpack-objects -q < ${moved}`], {
        cwd: copy.folder,
      });
    }
    const file = join(folder, blob.slice(0, 2), blob.slice(2));
    chmodSync(file, 0o644);
    writeFileSync(file, 'broken');
    const step = await scan(copy, push(before, after));
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
  });

  test.each([
    [
      'one that leaves out a commit',
      'for arg; do shift; case "$arg" in --log-opts=*) arg="$arg --max-count=1" ;; esac; set -- "$@" "$arg"; done\nexec "$REAL" "$@"',
      'it scanned 1 commit with',
    ],
    [
      'one with an error in its log',
      '"$REAL" "$@" >/dev/null 2>&1; echo "1:00AM ERR could not read archive blob" >&2; echo "1:00AM INF 2 commits scanned." >&2; echo "[]"',
      'could not read archive blob',
    ],
    ['one that is killed', 'kill -9 $$', 'SIGKILL'],
    ['one whose report is cut off', '"$REAL" "$@" | head -c 40; exit 77', 'ended with 77'],
    ['one that finds leaks and does not report them', 'echo "[]"; exit 77', 'ended with 77'],
  ])('gitleaks: %s', async (_, script, words) => {
    const { repository, before, after } = await origin();
    const step = await scan(await repository.clone(1), {
      ...push(before, after),
      env: { PATH: await gitleaksThat(script) },
    });
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
    expect(step.log).toContain('[gitleaks-incomplete]');
    expect(step.log).toContain(words);
  });

  test('gitleaks hangs: it is ended, and what it has started', async () => {
    const { repository, before, after } = await origin();
    const pid = join(folderWith(), 'pid');
    const script = `sleep 600 &\necho $! >${pid}\nwait`;
    const step = await scan(await repository.clone(1), {
      ...push(before, after),
      inputs: { timeout: '2s' },
      env: { PATH: await gitleaksThat(script) },
    });
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' }, leftovers: [] });
    expect(step.log).toContain('[gitleaks-timeout]');
    expect(isAlive(readFileSync(pid, 'utf8').trim())).toBe(false);
  });

  test('a git that is too old', async () => {
    const { repository, before, after } = await origin();
    const folder = folderWith();
    const script = `#!/bin/sh\nfor arg; do case "$arg" in --diff-merges=remerge) echo "fatal: invalid value for '--diff-merges': 'remerge'" >&2; exit 128 ;; esac; done\nPATH='${process.env.PATH ?? ''}' exec git "$@"\n`;
    writeFileSync(join(folder, 'git'), script);
    chmodSync(join(folder, 'git'), 0o755);
    const path = `${folder}:${await gitleaksFolder()}:${process.env.PATH ?? ''}`;
    const step = await scan(await repository.clone(1), {
      ...push(before, after),
      env: { PATH: path },
    });
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
    expect(step.log).toContain('git 2.35');
  });
});

test('a checkout that belongs to somebody else is scanned all the same', async () => {
  const { repository, before, after } = await origin();
  const copy = await repository.clone(undefined);
  await run('chown', ['-R', '12345:12345', copy.folder]);
  const step = await scan(copy, push(before, after));
  expect(step).toMatchObject({ exitCode: 1, outputs: { outcome: 'leaks', commits: '2' } });
});

describe('rules that cannot be used', () => {
  test.each([
    ['not TOML', '[extend\n', 'gitleaks-rules-invalid'],
    ['a bad expression', "[[rules]]\nid = 'x'\nregex = '''(a'''\n", 'gitleaks-rules-invalid'],
    ['a rule without a name', "[[rules]]\nregex = '''a'''\n", 'gitleaks-rules-invalid'],
    ['it extends what is not there', "[extend]\npath = 'no.toml'\n", 'gitleaks-rules-missing'],
    ['it extends what is outside', "[Extend]\nPath = '/etc/x.toml'\n", 'gitleaks-rules-invalid'],
    ['it extends what is above', "[extend]\npath = 'a/../../x.toml'\n", 'gitleaks-rules-invalid'],
  ])('%s', async (_, config, id) => {
    const repository = await Repository.with({ '.gitleaks.toml': config });
    const step = await scan(await repository.clone(1), { event: 'schedule' });
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
    expect(step.log).toContain(`[${id}]`);
  });

  test('a file that is not there; a baseline that is none', async () => {
    const repository = await Repository.with({ 'b.json': '{}' });
    const copy = await repository.clone(1);
    const missing = await scan(copy, {
      event: 'schedule',
      inputs: { 'gitleaks-config': 'ci/gitleaks.toml' },
    });
    expect(missing.exitCode).toBe(2);
    expect(missing.log).toContain('[gitleaks-rules-missing]');
    const baseline = await scan(copy, { event: 'schedule', inputs: { baseline: './b.json' } });
    expect(baseline.exitCode).toBe(2);
    expect(baseline.log).toContain('[baseline-invalid]');
  });
});

describe('a server that wants a token, and a checkout that keeps none', () => {
  let server: GitServer;
  let story: Awaited<ReturnType<typeof origin>>;
  beforeAll(async () => {
    story = await origin();
    server = await GitServer.start(dirname(story.repository.folder), TOKEN);
  });
  afterAll(() => server.close());

  async function checkout(): Promise<Repository> {
    const copy = await story.repository.clone(1);
    const url = `${server.url}/${basename(story.repository.folder)}/.git`;
    await copy.git('remote', 'set-url', 'origin', url);
    return copy;
  }

  test('the commits are fetched with the token, which nobody sees', async () => {
    const copy = await checkout();
    const config = readFileSync(join(copy.folder, '.git/config'), 'utf8');
    const seen = await witness();
    const step = await scan(copy, {
      ...push(story.before, story.after),
      inputs: { token: TOKEN },
      env: { GITHUB_SERVER_URL: server.url, PATH: `${seen.path}:${process.env.PATH ?? ''}` },
    });
    expect(step).toMatchObject({ exitCode: 1, outputs: { outcome: 'leaks', commits: '2' } });
    expect(server.seen.length).toBeGreaterThan(0);
    expect(readFileSync(join(copy.folder, '.git/config'), 'utf8')).toBe(config);
    const basic = Buffer.from(`x-access-token:${TOKEN}`).toString('base64');
    const calls = seen.calls().split(/^== /m).slice(1);
    for (const secret of [TOKEN, basic]) {
      expect(traces(step, copy.folder)).not.toContain(secret);
      // In the environment of git in the checkout, and nowhere else.
      for (const call of calls) {
        const [args = '', env = ''] = call.split('-- environment');
        expect(args).not.toContain(secret);
        if (args.startsWith('gitleaks') || args.includes('--diff-filter'))
          expect(env).not.toContain(secret);
      }
    }
    expect(calls.some((call) => call.includes(basic))).toBe(true);
  });

  test('without it the step fails, and says what is missing', async () => {
    const step = await scan(await checkout(), {
      event: 'schedule',
      env: { GITHUB_SERVER_URL: server.url },
    });
    expect(step).toMatchObject({ exitCode: 2, outputs: { outcome: 'failed' } });
    expect(step.log).toContain('[history-shallow]');
    expect(step.log).toContain('contents: read');
  });

  test('pull request: what its configuration says of programs is not obeyed', async () => {
    const copy = await checkout();
    mkdirSync(join(copy.folder, 'hooks'));
    cpSync('/bin/false', join(copy.folder, 'hooks/git'));
    const step = await scan(copy, {
      ...pull(story.before, story.after),
      inputs: { token: TOKEN },
      env: { GITHUB_SERVER_URL: server.url },
    });
    expect(step.outputs).toMatchObject({ outcome: 'leaks', findings: '1', commits: '2' });
  });
});
