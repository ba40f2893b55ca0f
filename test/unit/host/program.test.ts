import { describe, expect, test } from '@jest/globals';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { run } from '../../../src/kit/process.ts';
import { BOOTSTRAP, bootstrapInput, hostProgram } from '../../../src/host/program.ts';
import { encodeRequest } from '../../../src/host/protocol.ts';
import { folderWith } from '../kit/support.ts';
import { pathOf, prepare, SHELLS, talk, which } from './shells.ts';

const parts = new URL('../../../src/host/program/', import.meta.url);

test('the parts are the files of the folder, in the order of their names', () => {
  const files = readdirSync(parts)
    .filter((name) => name.endsWith('.sh'))
    .sort();
  expect(files.length).toBeGreaterThan(1);
  expect(readdirSync(parts).sort()).toEqual(files);
  expect(hostProgram()).toBe(
    files.map((name) => readFileSync(new URL(name, parts), 'utf8')).join('\n'),
  );
});

test('the bootstrap is made of nothing but itself', () => {
  expect(BOOTSTRAP).toMatch(/^exec sh -c '[^']*'$/);
  expect(bootstrapInput('aä\n').toString('utf8')).toBe('exit 97 #4\naä\n');
});

describe.each(SHELLS)('%s', (shell) => {
  const request = encodeRequest;

  test('the joined program parses', async () => {
    const args = shell === 'busybox' ? ['sh', '-n'] : ['-n'];
    expect(await run(which(shell), args, { input: hostProgram() })).toEqual({
      code: 0, signal: null, stdout: '', stderr: '', timedOut: false,
    }); // prettier-ignore
  });

  test('says hello, answers, and ends with its input', async () => {
    const { lines, code } = await talk(shell, request('recover', { root: 'x' }));
    expect(lines).toEqual([
      'hello\t1',
      expect.stringMatching(/^refused\tenvironment-unknown\t.*x$/),
      'done\t1',
    ]);
    expect(code).toBe(0);
  });

  test('reading verbs leave no trace of an environment that does not exist', async () => {
    const asked = (['status', 'history', 'release', 'recover', 'follow', 'pull'] as const).map(
      (verb) => request(verb, { root: 'slipway/a/b', tx: '1' }),
    );
    const { lines, home } = await talk(shell, ...asked);
    expect(lines.filter((line) => line.startsWith('refused\tenvironment-unknown'))).toHaveLength(6);
    expect(lines.filter((line) => line === 'done\t1')).toHaveLength(6);
    expect(readdirSync(home)).toEqual([]);
  });

  test('what finds no place is not taken for the next request', async () => {
    const { lines } = await talk(
      shell,
      await prepare('/proc/nope', {}, 'history\nroot /tmp\n\n'),
      request('status', { root: 'x' }),
    );
    expect(lines).toEqual(['hello\t1', expect.stringMatching(/^refused\tnot-writable\t/)]);
  });

  test('status of an environment without Docker', async () => {
    const { lines } = await talk(
      shell,
      await prepare('slipway/a/b'),
      request('status', { root: 'slipway/a/b' }),
    );
    expect(lines).toContain('refused\ttool-missing\tdocker');
    expect(lines.slice(-3)).toEqual(['current\t', 'lock\t', 'done\t0']);
  });

  test('prepare without Docker refuses and leaves nothing of what it was sent', async () => {
    const { lines, home } = await talk(shell, await prepare('slipway/a/b', {}, 'SECRET=hunter2\n'));
    expect(lines).toEqual([
      'hello\t1',
      `root\t${home}/slipway/a/b`,
      'current\t',
      'refused\ttool-missing\tdocker',
      ...lines.filter((line) => line.startsWith('fact\t')),
      'done\t1',
    ]);
    expect(readdirSync(join(home, 'slipway/a/b')).filter((name) => name !== 'lock')).toEqual([]);
    expect((await run('grep', ['-r', 'hunter2', home])).stdout).toBe('');
  });

  test('a payload is taken by its length: the next request is understood', async () => {
    const asked = await prepare('a', {}, 'status\n\n'.repeat(9_000));
    const { lines } = await talk(shell, asked, request('history', { root: 'a' }));
    expect(lines.slice(-2)).toEqual(['done\t1', 'done\t0']);
    expect(lines.filter((line) => line.startsWith('done'))).toHaveLength(2);
  });

  test('what follows the program is never executed', async () => {
    const { lines, home, code } = await talk(shell, 'touch "$HOME/pwned"\n\ntouch "$HOME/pwned"\n');
    expect(lines).toEqual(['hello\t1', 'refused\tverb-unknown\ttouch "$HOME/pwned"']);
    expect(code).toBe(1);
    expect(readdirSync(home)).toEqual([]);
  });

  test('values are data, whatever they look like', async () => {
    const hostile = '$(touch pwned)`touch pwned`;touch pwned #\'"\\ * %s';
    const names = [
      'app',
      'project',
      'release',
      'by',
      'ledger',
      'until',
      'decision',
      'auth',
      'image',
      'compose',
    ];
    const args = { ...Object.fromEntries(names.map((name) => [name, hostile])), root: hostile };
    const talked = await talk(
      shell,
      await prepare(hostile, args),
      request('status', args),
      request('release', args),
    );
    expect(talked.lines[1]).toBe(`root\t${talked.home}/${hostile}`);
    expect(talked.lines).toContain(`refused\trelease-unknown\t${hostile}`);
    const found = await run('find', [talked.home, '-name', 'pwned']);
    expect(found.stdout).toBe('');
  });

  test('the ledger and a kept release are read back', async () => {
    const home = folderWith({
      'e/history.ndjson': '{"tx":"1"}\n{"tx":"2"}',
      'e/releases/r1/compose.json': '{\n  "name": "x"\n}\n',
      'e/releases/r1/release.json': '{}\n',
      'e/releases/r1/settings.json': '{\n  "version": "v1"\n}\n',
    });
    symlinkSync('releases/r1', join(home, 'e/current'));
    const asked = [
      request('history', { root: `${home}/e` }),
      request('release', { root: `${home}/e`, release: 'r1' }),
      request('release', { root: `${home}/e`, release: 'r2' }),
    ];
    const { lines } = await talk(shell, ...asked);
    expect(lines.some((line) => line.startsWith('fact\tclock\t'))).toBe(true);
    expect(lines.slice(1).filter((line) => !line.startsWith('fact\t'))).toEqual([
      'entry\t{"tx":"1"}', 'entry\t{"tx":"2"}', 'done\t0',
      'model\t{', 'model\t  "name": "x"', 'model\t}', 'record\t{}', 'settings\t{', 'settings\t  "version": "v1"', 'settings\t}', 'done\t0',
      'refused\trelease-unknown\tr2', 'done\t1',
    ]); // prettier-ignore
  });

  test('a journal is followed from an offset up to its end or its hold', async () => {
    const journal = 'state\tprepared\nstep\tapi\tä\nstate\theld\n';
    const home = folderWith({
      'e/journal/t1': journal,
      'e/journal/t2': `${journal}end\tdeployed\tr1\tv1\n`,
      'e/lock': '',
    });
    const follow = (tx: string, offset: number, until: string): Buffer =>
      request('follow', { root: `${home}/e`, tx, offset, until });
    const { lines } = await talk(
      shell,
      follow('t1', 0, 'held'),
      follow('t2', Buffer.byteLength('state\tprepared\n'), 'end'),
      follow('t3', 0, 'end'),
    );
    expect(lines.slice(1)).toEqual([
      'state\tprepared', 'step\tapi\tä', 'state\theld', 'done\t0',
      'step\tapi\tä', 'state\theld', 'end\tdeployed\tr1\tv1', 'done\t0',
      'refused\ttransaction-unknown\tt3', 'done\t1',
    ]); // prettier-ignore
  });

  test('a transaction whose process died is reported as lost, not waited for', async () => {
    const home = folderWith({ 'e/journal/t1': 'state\tprepared\n', 'e/lock': '' });
    const { lines } = await talk(
      shell,
      request('follow', { root: `${home}/e`, tx: 't1', offset: 0, until: 'end' }),
    );
    expect(lines.slice(1)).toEqual(['state\tprepared', 'lost\tt1', 'done\t1']);
  });

  test('a decision is written down as it is', async () => {
    const home = folderWith({ 'e/journal/t1': 'end\tdeployed\tr1\tv1\n', 'e/lock': '' });
    const { lines } = await talk(
      shell,
      request('decide', { root: `${home}/e`, tx: 't1', decision: 'commit', until: 'end' }),
    );
    expect(lines.slice(1)).toEqual(['end\tdeployed\tr1\tv1', 'done\t0']);
    expect(readFileSync(join(home, 'e/journal/t1.decision'), 'utf8')).toBe('commit');
  });

  test('its temporary files go with it', async () => {
    const home = folderWith();
    mkdirSync(join(home, 'tmp'));
    writeFileSync(
      join(home, 'input'),
      Buffer.concat([bootstrapInput(hostProgram()), request('history', { root: 'a' })]),
    );
    const path = await pathOf(shell);
    await run(join(path, 'sh'), ['-c', `${BOOTSTRAP} <input`], {
      cwd: home,
      env: { PATH: path, TMPDIR: join(home, 'tmp') },
    });
    expect(readdirSync(join(home, 'tmp'))).toEqual([]);
    expect(existsSync(join(home, 'incoming'))).toBe(false);
  });
});
