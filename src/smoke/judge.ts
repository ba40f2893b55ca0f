import { safeLine } from '../kit/text.ts';
import type { Answer, Reply } from './request.ts';
import type { Field, Target } from './target.ts';

/** What one reply is worth: as expected, as expected but degraded, not as expected, or no answer at all. */
type Reading = 'right' | 'degraded' | 'wrong' | 'silent';

export interface Judgement {
  readonly reading: Reading;
  /** Why, for people: one harmless line. Empty when right. */
  readonly why: string;
  /** Equal for equal states. It holds nothing that a host could vary to flood the log. */
  readonly sign: string;
}

const LONGEST_QUOTE = 100;

export function judge(reply: Reply, target: Target): Judgement {
  if (reply.kind === 'silence') return judgement('silent', reply.why, reply.code);
  if (reply.status !== target.status) {
    const to = reply.location === undefined ? '' : ` to ${quote(reply.location)}`;
    const why = `status is ${reply.status}${to}, expected ${target.status}`;
    return judgement('wrong', why, `status ${reply.status}`);
  }
  return target.fields.length === 0
    ? judgement('right', '', '')
    : judgeBody(reply.body, target.fields);
}

function judgeBody(body: Answer['body'], fields: readonly Field[]): Judgement {
  if (body === undefined) throw new Error('the body was not asked for');
  if ('trouble' in body) return judgement('wrong', body.trouble, 'body');
  let document: unknown;
  try {
    document = JSON.parse(body.text);
  } catch {
    return judgement('wrong', `the body is not JSON: ${quote(body.text)}`, 'not JSON');
  }
  const others = fields
    .map((field) => ({ field, found: dig(document, field.path) }))
    .filter(({ field, found }) => found !== field.expected);
  const wrong = others.filter((other) => !isDegraded(other));
  const told = wrong.length > 0 ? wrong : others;
  const reading = wrong.length > 0 ? 'wrong' : others.length > 0 ? 'degraded' : 'right';
  return judgement(
    reading,
    told.map(difference).join('; '),
    told.map(({ field }) => field.path).join(' '),
  );
}

interface Difference {
  readonly field: Field;
  readonly found: unknown;
}

/** The field's own words: a health document that says so serves, with something impaired. */
function isDegraded({ field, found }: Difference): boolean {
  return field.expected === 'healthy' && found === 'degraded';
}

function difference({ field, found }: Difference): string {
  const is = found === undefined ? 'missing' : quote(found);
  const meaning = field.revision && found !== undefined ? ' (another version answers)' : '';
  return `${field.path} is ${is}, expected ${quote(field.expected)}${meaning}`;
}

/** What stands at a dotted path; undefined when nothing does. */
function dig(document: unknown, path: string): unknown {
  let here = document;
  for (const key of path.split('.')) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, key)) return undefined;
    // `length` is an own property of an array, but not one of the document.
    if (Array.isArray(here) && !/^\d+$/.test(key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  return here;
}

/** As JSON, so that text and numbers can be told apart; cut to what a person reads. Structures are only named: they may be huge. */
function quote(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? 'a list' : 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > LONGEST_QUOTE ? `${value.slice(0, LONGEST_QUOTE)}…` : value);
}

function judgement(reading: Reading, why: string, detail: string): Judgement {
  return { reading, why: safeLine(why), sign: `${reading} ${detail}` };
}
