import { expect, test } from '@jest/globals';
import { stateCollector } from '../../../src/deploy/host-state.ts';
import { parseLine } from '../../../src/host/protocol.ts';
import { digest } from './models.ts';

test('stateCollector reads what a host reports, and ignores the rest', () => {
  const { read, state } = stateCollector();
  for (const line of [
    'current\tr2\tv2',
    'kept\tr1',
    'kept\tr2',
    'container\tid1\tshop-api-1\tapi\trunning\tprint\tr2\t/srv/shop',
    'container\tid2\tmanual\tdb\texited\t\t\t',
    `image\tx/api:1\tamd64 x/api@${digest('a')}`,
    'port\tedge\tother\t0.0.0.0:443->443/tcp',
    'project\tshop',
    'mount\tdb\t{"Type":"volume","Name":"shop_data","Source":"/v","Destination":"/data","RW":true}',
    'held\t/srv/data\t.',
    'held\t/srv/data\t./a\tb',
    'held\t/srv/data\t?',
    'held\t/srv/none\t.',
    'stranger\tblog\tweb\tx/web:1',
    'pulling\tx/api:1',
    'new\tthing',
  ]) {
    read(parseLine(line));
  }
  expect(state()).toEqual({
    current: { release: 'r2', version: 'v2' },
    kept: ['r1', 'r2'],
    project: 'shop',
    mounts: [{ service: 'db', type: 'volume', name: 'shop_data', source: '/v', target: '/data' }],
    held: new Map([
      ['/srv/data', ['a\tb', '?']],
      ['/srv/none', []],
    ]),
    strangers: [{ project: 'blog', service: 'web', image: 'x/web:1' }],
    containers: [
      {
        id: 'id1',
        name: 'shop-api-1',
        service: 'api',
        state: 'running',
        fingerprint: 'print',
        release: 'r2',
        root: '/srv/shop',
      },
      {
        id: 'id2',
        name: 'manual',
        service: 'db',
        state: 'exited',
        fingerprint: '',
        release: '',
        root: '',
      },
    ],
    taken: [
      { container: 'edge', project: 'other', address: '', first: 443, last: 443, protocol: 'tcp' },
    ],
    images: new Map([['x/api:1', `amd64 x/api@${digest('a')}`]]),
  });
});

test('an empty host has no current release', () => {
  const { read, state } = stateCollector();
  read(parseLine('current\t'));
  expect(state().current).toBeUndefined();
});
