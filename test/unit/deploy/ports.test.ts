import { describe, expect, test } from '@jest/globals';
import { refuseTaken, takenPorts } from '../../../src/deploy/ports.ts';
import { problemOf } from '../kit/support.ts';
import { modelOf } from './models.ts';

describe('takenPorts', () => {
  test.each([
    ['', []],
    ['80/tcp', []],
    ['0.0.0.0:443->443/tcp, [::]:443->443/tcp', [['', 443, 443, 'tcp'], ['', 443, 443, 'tcp']]],
    ['127.0.0.1:5432->5432/tcp', [['127.0.0.1', 5432, 5432, 'tcp']]],
    ['0.0.0.0:8000-8002->80-82/udp, 9000/tcp', [['', 8000, 8002, 'udp']]],
    [':::53->53/udp', [['', 53, 53, 'udp']]],
  ])('%j', (text, ports) => {
    const found = takenPorts('edge', 'shop', text);
    expect(found.map(({ address, first, last, protocol }) => [address, first, last, protocol])).toEqual(ports);
  }); // prettier-ignore
});

describe('refuseTaken', () => {
  const taken = takenPorts(
    'edge-nginx-1',
    'edge',
    '0.0.0.0:443->443/tcp, 127.0.0.1:8000-8002->80-82/tcp',
  );
  const publish = (port: object) => modelOf({ web: { ports: [{ target: 80, ...port }] } });

  test.each([
    [{ published: '443' }],
    [{ published: '440-450' }],
    [{ published: '443', host_ip: '10.0.0.1' }],
    [{ published: '8001', host_ip: '127.0.0.1' }],
    [{ published: '8001', host_ip: '0.0.0.0' }],
  ])('%j is held by another project', (port) => {
    const problem = problemOf(() => {
      refuseTaken(publish(port), taken, 'host');
    });
    expect(problem).toMatchObject({ id: 'port-taken', value: `web: ${port.published}/tcp` });
    expect(problem.message).toContain('the container edge-nginx-1 of the project edge');
  });

  test.each([
    [{}],
    [{ published: '' }],
    [{ published: '444' }],
    [{ published: '443', protocol: 'udp' }],
    [{ published: '8001', host_ip: '10.0.0.1' }],
  ])('%j is free', (port) => {
    expect(() => {
      refuseTaken(publish(port), taken, 'host');
    }).not.toThrow();
  });
});
