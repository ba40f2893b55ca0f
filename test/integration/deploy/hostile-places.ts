import { registry } from '../../lab/engine.ts';

/** An image that every host of the lab has. */
export const IMAGE = `${registry.address}/base/redis:7`;

/** Sections of a Compose file, and `files`, other files of the repository by their path. */
export type Part = Readonly<Record<string, unknown>>;

/** Many parts as one. A section of one part may not have a name of another's. */
export function merged(parts: readonly Part[]): Part {
  const all: Record<string, unknown> = {};
  for (const [section, value] of parts.flatMap((part) => Object.entries(part))) {
    const there = all[section];
    if (Array.isArray(there)) all[section] = [...(there as unknown[]), ...(value as unknown[])];
    else if (typeof there === 'object') all[section] = { ...there, ...(value as object) };
    else all[section] = value;
  }
  return all;
}

type Put = (text: string, at: number) => Part;

const service =
  (put: (text: string) => object): Put =>
  (text, at) => ({ services: { [`s${at}`]: { image: IMAGE, ...put(text) } } });

const used = (section: string, put: (text: string) => object): Put => {
  // Compose leaves out of its answer what no service uses.
  const use = (name: string): object =>
    section === 'networks' || section === 'configs' || section === 'secrets'
      ? { [section]: [name] }
      : { volumes: [`${name}:/${name}`] };
  return (text, at) => ({
    services: { [`s${at}`]: { image: IMAGE, ...use(`k${at}`) } },
    [section]: { [`k${at}`]: put(text) },
  });
};

type AnyText = readonly [what: string, put: Put, found: (at: number) => readonly string[]];

const inService = (what: string, put: (text: string) => object, ...path: string[]): AnyText => [
  what,
  service(put),
  (at) => ['services', `s${at}`, ...path],
];
const inSection = (what: string, section: string, put: (text: string) => object, ...path: string[]): AnyText => [
  what,
  used(section, put),
  (at) => [section, `k${at}`, ...path],
]; // prettier-ignore

/** Where a Compose file takes any text that is not empty: how it gets there, and the keys under which it is found again. */
export const ANY_TEXT: readonly AnyText[] = [
  inService('a label', (text) => ({ labels: { l: text } }), 'labels', 'l'),
  inService('a label in a list', (text) => ({ labels: [`l=${text}`] }), 'labels', 'l'),
  inService('a variable', (text) => ({ environment: { E: text } }), 'environment', 'E'),
  inService('a variable in a list', (text) => ({ environment: [`E=${text}`] }), 'environment', 'E'),
  inService('a word of the command', (text) => ({ command: ['x', text] }), 'command', '1'),
  inService('a word of the entrypoint', (text) => ({ entrypoint: [text] }), 'entrypoint', '0'),
  inService('a word of a health check', (text) => ({ healthcheck: { test: ['CMD', text] } }), 'healthcheck', 'test', '1'),
  inService('the script of a health check', (text) => ({ healthcheck: { test: text } }), 'healthcheck', 'test', '1'),
  inService('an annotation', (text) => ({ annotations: { a: text } }), 'annotations', 'a'),
  inService('an option of the log', (text) => ({ logging: { driver: 'local', options: { o: text } } }), 'logging', 'options', 'o'),
  inService('a system control', (text) => ({ sysctls: { s: text } }), 'sysctls', 's'),
  ['an extension', (text, at) => ({ services: { x: { image: IMAGE } }, [`x-${at}`]: { deep: [text] } }), (at) => [`x-${at}`, 'deep', '0']],
  inService('a host name', (text) => ({ hostname: text }), 'hostname'),
  inService('a folder in the container', (text) => ({ working_dir: text }), 'working_dir'),
  inService('a user in the container', (text) => ({ user: text }), 'user'),
  inService('a mount point', (text) => ({ volumes: [{ type: 'tmpfs', target: text }] }), 'volumes', '0', 'target'),
  inService('a security option', (text) => ({ security_opt: [text] }), 'security_opt', '0'),
  inSection('a config in the Compose file', 'configs', (text) => ({ content: text }), 'content'),
  inSection('an option of a volume', 'volumes', (text) => ({ driver_opts: { o: text } }), 'driver_opts', 'o'),
  inSection('a label of a network', 'networks', (text) => ({ labels: { l: text } }), 'labels', 'l'),
]; // prettier-ignore

/** Where a Compose file takes any name of one line, and the keys under which it is found again. */
export const ANY_NAME: readonly AnyText[] = [
  inService('the name of a label', (text) => ({ labels: { [text]: 'x' } }), 'labels'),
  inService('the name of a variable', (text) => ({ environment: { [text]: 'x' } }), 'environment'),
  ['the name of an extension', (text) => ({ services: { x: { image: IMAGE } }, [`x-${text}`]: 'x' }), () => []],
  inService('the name of an option', (text) => ({ logging: { driver: 'local', options: { [text]: 'x' } } }), 'logging', 'options'),
]; // prettier-ignore

/** Where a Compose file means something by a text, which it may not be able to mean: then it is refused, and else it is left as it is. */
export const MEANT: readonly (readonly [what: string, put: Put])[] = [
  ['a service', (text) => ({ services: { [text]: { image: IMAGE } } })],
  ['an image', service((text) => ({ image: `${registry.address}/${text}` }))],
  ['an image that is an option', service((text) => ({ image: `--${text}` }))],
  ['a container', service((text) => ({ container_name: text }))],
  ['an alias', service((text) => ({ networks: { default: { aliases: [text] } } }))],
  ['a network', used('networks', (text) => ({ name: text }))],
  ['a volume', used('volumes', (text) => ({ name: text }))],
  ['a project', (text) => ({ name: text, services: { x: { image: IMAGE } } })],
  ['a command', service((text) => ({ command: text }))],
  ['a script of an entrypoint', service((text) => ({ entrypoint: text }))],
  ['a port', service((text) => ({ ports: [text] }))],
  ['a published port', service((text) => ({ ports: [{ target: 80, published: text }] }))],
  ['an address', service((text) => ({ extra_hosts: [text] }))],
  ['a profile', service((text) => ({ profiles: [text] }))],
  ['a volume in short', service((text) => ({ volumes: [text] }))],
  ['a network mode', service((text) => ({ network_mode: text }))],
  ['a platform', service((text) => ({ platform: text }))],
  ['a dependency', service((text) => ({ depends_on: { [text]: { condition: 'service_started' } } }))],
  ['a file of a config', used('configs', (text) => ({ file: `./${text}` }))],
  ['a file of a secret', used('secrets', (text) => ({ file: text }))],
  ['a file of an environment', service((text) => ({ env_file: [text] }))],
  ['a file of labels', service((text) => ({ label_file: [text] }))],
  ['a file that is included', (text) => ({ include: [text], services: { x: { image: IMAGE } } })],
  ['a file that is extended', service((text) => ({ extends: { file: text, service: 'x' } }))],
  ['a service that is extended', service((text) => ({ extends: { service: text } }))],
  ['a folder of the host', service((text) => ({ volumes: [{ type: 'bind', source: `/srv/${text}`, target: '/x' }] }))],
  ['a folder of the user', service((text) => ({ volumes: [{ type: 'bind', source: `~/${text}`, target: '/x' }] }))],
  ['a folder above', service((text) => ({ volumes: [{ type: 'bind', source: `../${text}`, target: '/x' }] }))],
  ['a folder of ours', service((text) => ({ volumes: [{ type: 'bind', source: `./${text}`, target: '/x' }] }))],
]; // prettier-ignore

const SERVICE = `services: { x: { image: "${IMAGE}", environment: `;

/** Texts that are a Compose file or not, and how they are refused; `good` where they are not. */
export const RAW: readonly (readonly [what: string, text: string, outcome: string])[] = [
  ['an anchor', `x-a: &a { A: "$$(id)" }\n${SERVICE} *a } }`, 'good'],
  ['a merge key', `x-a: &a { A: "1" }\n${SERVICE} { <<: *a, B: "2" } } }`, 'good'],
  ['a byte order mark', `\ufeff${SERVICE} { A: "1" } } }`, 'good'],
  ['line ends of Windows', `services:\r\n  x:\r\n    image: ${IMAGE}\r\n    environment:\r\n      A: |\r\n        one\r\n        two\r\n`, 'good'],
  ['a tag that nobody knows', `${SERVICE} { A: !!python/object/apply:os.system ["touch /tmp/owned"] } } }`, 'compose-invalid'],
  ['no YAML', 'services: { x: [', 'compose-invalid'],
  ['nothing', '', 'compose-invalid'],
  ['a text', 'services', 'compose-invalid'],
  ['two documents', `${SERVICE} {} } }\n---\n${SERVICE} {} } }`, 'compose-invalid'],
  ['a name twice', `${SERVICE} { A: "1", A: "2" } } }`, 'compose-invalid'],
  ['a name that JavaScript keeps for itself', `${SERVICE} { __proto__: "1" } } }`, 'compose-invalid'],
  ['an alias of nothing', `${SERVICE} *a } }`, 'compose-invalid'],
  ['an alias within itself', `x-a: &a { b: *a }\n${SERVICE} {} } }`, 'compose-invalid'],
  ['aliases that grow', `x-a: &a [1]\n${Array.from('bcdefghij', (name, at) => `x-${name}: &${name} [${Array(10).fill(`*${'abcdefghi'.charAt(at)}`).join(', ')}]\n`).join('')}${SERVICE} {} } }`, 'compose-invalid'],
  ['lists within lists', `x-a: ${'['.repeat(30_000)}\n`, 'compose-invalid'],
  ['a NUL', `${SERVICE} { A: "\0" } } }`, 'compose-invalid'],
  ['a control character', `${SERVICE} { A: "\u0080" } } }`, 'compose-invalid'],
  ['a variable that is not set', `${SERVICE} { A: "\${A}" } } }`, 'variable-missing'],
  ['a variable of the host', `${SERVICE} { A: "\${USER}\${SSH_CONNECTION}" } } }`, 'variable-missing'],
  ['a reference that is none', `${SERVICE} { A: "\${}" } } }`, 'compose-invalid'],
]; // prettier-ignore
