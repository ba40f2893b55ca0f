import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { run, start } from '../../../../src/kit/process.ts';
import { toolPath } from '../../../lab/tool.ts';

/** A job that lives as long as it is let, ten minutes at most, since act's cache server lives as long as its job. */
const workflow = `on: push
jobs:
  wait:
    runs-on: ubuntu-24.04
    steps:
      - run: printenv ACTIONS_CACHE_URL >"$FOLDER/url.part"; mv "$FOLDER/url.part" "$FOLDER/url"
      - run: timeout 600 sh -c 'while [ -e "$FOLDER/url" ]; do sleep 0.1; done'
`;

/** The cache service that act gives to its jobs: a real one, with the first version of GitHub's protocol. */
export class CacheServer {
  /** What a job finds as ACTIONS_CACHE_URL. */
  readonly url: string;
  readonly #end: () => Promise<void>;

  private constructor(url: string, end: () => Promise<void>) {
    this.url = url;
    this.#end = end;
  }

  static async start(): Promise<CacheServer> {
    const folder = mkdtempSync(join(tmpdir(), 'cache-server-'));
    const at = (name: string): string => join(folder, name);
    writeFileSync(at('wait.yml'), workflow);
    writeFileSync(at('event.json'), '{"ref":"refs/heads/main"}');
    for (const args of [
      ['init', '--quiet'],
      ['-c', 'user.name=x', '-c', 'user.email=x', 'commit', '--quiet', '--allow-empty', '-mx'],
    ])
      await run('git', args, { cwd: folder });
    // prettier-ignore
    const act = start(await toolPath('act'), [
      'push', '-C', folder, '-W', at('wait.yml'), '-e', at('event.json'), '-P', 'ubuntu-24.04=-self-hosted', '--rm', '--pull=false',
      '--action-cache-path', at('actions'), '--cache-server-path', at('cache'), '--cache-server-addr', '127.0.0.1',
      '--env', `FOLDER=${folder}`,
    ], {
      cwd: folder,
      env: { HOME: folder, PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) },
    });
    act.stdin.end();
    const said = Promise.all([text(act.stdout), text(act.stderr)]);
    const ended = act.exit.then(async () => {
      throw new Error(`act ended:\n${(await said).join('\n')}`);
    });
    ended.catch(() => undefined);
    while (!existsSync(at('url'))) await Promise.race([ended, delay(50)]);
    return new CacheServer(readFileSync(at('url'), 'utf8').trim(), async () => {
      rmSync(at('url'));
      await act.exit;
      rmSync(folder, { recursive: true, force: true });
    });
  }

  /** Ends the job, and the service with it. */
  stop(): Promise<void> {
    return this.#end();
  }
}
