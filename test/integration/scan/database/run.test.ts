import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openDatabase } from '../../../../src/scan/database/open.ts';
import { runTrivy } from '../../../../src/scan/trivy/run.ts';
import { registry } from '../../../lab/engine.ts';
import { type Lab, openLab } from '../../../lab/lab.ts';
import { carry, vulnerabilityDatabase } from '../../../lab/trivy-database.ts';
import { from, type Scene, scene } from './scene.ts';

const DEADLINE = { deadlineMs: 60_000 };

let lab: Lab;
let there: Scene;
beforeAll(async () => {
  lab = await openLab();
  there = await scene(lab, { ca: readFileSync(registry.authority, 'utf8') });
  const opened = await openDatabase(
    'vulnerability',
    from(await vulnerabilityDatabase(lab)),
    there.context,
  );
  expect(opened.state).toBe('ready');
});
afterAll(() => lab.close());

/** What stands in the way of a scan in a repository that a pull request has changed. */
function silenced(): string {
  const folder = mkdtempSync(join(lab.folder, 'repository-'));
  carry(folder, 'lodash');
  writeFileSync(join(folder, '.trivyignore'), 'CVE-2021-23337\n');
  writeFileSync(join(folder, '.trivyignore.yaml'), 'vulnerabilities: [{ id: CVE-2021-23337 }]\n');
  writeFileSync(join(folder, 'trivy.yaml'), 'severity: [CRITICAL]\nscan: { skip-dirs: [app] }\n');
  return folder;
}

test('neither trivy.yaml nor .trivyignore of the folder that is worked in has a say', async () => {
  const folder = silenced();
  const before = process.cwd();
  process.chdir(folder);
  try {
    const args = ['rootfs', '--format', 'json', '--scanners', 'vuln', '--skip-db-update', folder];
    const { code, stdout } = await runTrivy(args, DEADLINE, there.context);
    expect(code).toBe(0);
    expect(stdout).toContain('CVE-2021-23337');
    expect(stdout).toContain('CVE-2020-28500');
  } finally {
    process.chdir(before);
  }
});

test('an ignore file that is named is obeyed', async () => {
  const folder = silenced();
  const args = ['rootfs', '--format', 'json', '--scanners', 'vuln', '--skip-db-update', folder];
  const named = [...args, '--ignorefile', join(folder, '.trivyignore')];
  const { stdout } = await runTrivy(named, DEADLINE, there.context);
  expect(stdout).toContain('CVE-2020-28500');
  expect(stdout).not.toContain('CVE-2021-23337');
});

test('what a step before has put into the environment does not reach it', async () => {
  const env = {
    ...there.context.env,
    TRIVY_SEVERITY: 'CRITICAL',
    TRIVY_IGNOREFILE: '/nowhere',
    TRIVY_OUTPUT: join(lab.folder, 'elsewhere'),
  };
  const folder = silenced();
  const args = ['rootfs', '--format', 'json', '--scanners', 'vuln', '--skip-db-update', folder];
  const { code, stdout } = await runTrivy(args, DEADLINE, { ...there.context, env });
  expect(code).toBe(0);
  expect(stdout).toContain('CVE-2020-28500');
});

/** A program in the place of Trivy that says what it was given. */
function spy(script: string): Scene['context'] {
  const path = join(mkdtempSync(join(lab.folder, 'spy-')), 'trivy');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return { ...there.context, tool: { ...there.context.tool, path } };
}

test('it sees the way to registries and engines, and nothing else of the step', async () => {
  const context = spy('env; pwd; ls -A');
  const env = {
    PATH: process.env.PATH,
    HOME: '/home/runner',
    HTTPS_PROXY: 'http://proxy:3128',
    DOCKER_HOST: 'unix:///run/docker.sock',
    AWS_REGION: 'eu-central-1',
    GITHUB_TOKEN: 'secret',
    INPUT_TOKEN: 'secret',
    ACTIONS_RUNTIME_TOKEN: 'secret',
    RUNNER_TEMP: '/runner',
    TRIVY_SKIP_DIRS: '/',
    LD_PRELOAD: '',
    GODEBUG: 'x509ignoreCN=0',
    NPM_TOKEN: 'secret',
  };
  const { stdout } = await runTrivy(['image'], DEADLINE, {
    ...context,
    env,
    dockerConfig: '/logins',
  });
  const lines = stdout.trim().split('\n');
  const names = lines.map((line) => /^(\w+)=/.exec(line)?.[1]).filter((name) => name !== undefined);
  expect(names.filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name)).sort()).toEqual([
    'AWS_REGION',
    'DOCKER_CONFIG',
    'DOCKER_HOST',
    'HOME',
    'HTTPS_PROXY',
    'PATH',
    'TMPDIR',
    'TRIVY_CACERT',
    'TRIVY_DISABLE_TELEMETRY',
    'TRIVY_NO_PROGRESS',
    'TRIVY_SKIP_VERSION_CHECK',
    'XDG_DATA_HOME',
  ]);
  expect(lines).toContain('DOCKER_CONFIG=/logins');
  // The folder that it works in is the last line: it is empty.
  expect(lines.at(-1)).toMatch(/\/trivy-\w+\/here$/);
});

test('its words come without colours', async () => {
  const { lines, code } = await runTrivy(
    ['image'],
    DEADLINE,
    spy("printf '\\033[31mred\\033[0m\\n\\nplain\\n' >&2; exit 3"),
  );
  expect(lines).toEqual(['red', 'plain']);
  expect(code).toBe(3);
});

/** A process that has ended may still wait to be reaped. */
function runs(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('a deadline', () => {
  test('ends it and all that it has started', async () => {
    const pids = join(lab.folder, 'pids');
    const context = spy(`sleep 300 & echo $! > '${pids}'; trap '' TERM; wait`);
    const began = Date.now();
    const { timedOut, code } = await runTrivy(['image'], { deadlineMs: 1_000 }, context);
    expect({ timedOut, code }).toEqual({ timedOut: true, code: null });
    expect(Date.now() - began).toBeLessThan(20_000);
    const child = Number(readFileSync(pids, 'utf8'));
    expect(runs(child)).toBe(false);
  });

  test('ends a Trivy whose registry says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as AddressInfo;
    const args = ['image', '--download-db-only', '--db-repository', `127.0.0.1:${port}/trivy-db:2`];
    const { timedOut } = await runTrivy(args, { deadlineMs: 3_000 }, (await scene(lab)).context);
    silent.close();
    expect(timedOut).toBe(true);
  });
});
