/** What a name stands for; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** A text in which every reference to a variable was replaced. */
export interface Interpolated {
  readonly text: string;
  /** Whether a reference was to a variable that is not set, which Compose replaces by nothing, with a warning. */
  readonly unset: boolean;
}

/** Why a text cannot be interpolated; holds nothing of the text. */
export class InterpolationError extends Error {
  override readonly name = 'InterpolationError';
}

const NAME = '[_a-z][_a-z0-9]*';
/** As the reference, an operator's word goes on to the last brace of the line; where it really ends is found by counting. */
const REFERENCE = new RegExp(
  String.raw`\$(?:(\$)|(${NAME})|\{(?:(${NAME})(?:(:?[-+?])[^\n]*)?\}|()))`,
  'giu',
);

/** How many words may stand within words; the reference knows no end, our stack does. */
const DEEPEST = 200;

/**
 * Replaces `$NAME`, `${NAME}`, `${NAME:-word}` and the other operators as Docker Compose does, words within words included.
 * Source: the rules of github.com/compose-spec/compose-go/v2 v2.9.1, package template.
 * @throws InterpolationError for a `${` that begins no reference, and for `${NAME:?why}` without a value
 */
export function interpolate(text: string, lookup: Lookup, depth = 0): Interpolated {
  if (depth > DEEPEST) throw new InterpolationError('nests variables too deeply');
  let unset = false;
  const inner = (part: string): string => {
    const result = interpolate(part, lookup, depth + 1);
    unset ||= result.unset;
    return result.text;
  };
  const replaced = text.replace(
    REFERENCE,
    (
      match: string,
      escaped: string | undefined,
      plain: string | undefined,
      braced: string | undefined,
      operator: string | undefined,
    ): string => {
      if (escaped !== undefined) return escaped;
      const name = plain ?? braced;
      if (name === undefined) throw new InterpolationError('holds a ${ that begins no variable');
      const value = lookup(name);
      if (operator === undefined) {
        unset ||= value === undefined;
        return value ?? '';
      }
      const end = closingBrace(match);
      // The word is always looked at, even where it is not used.
      const word = inner(match.slice(2 + name.length + operator.length, end));
      return choose(operator, value, word) + inner(match.slice(end + 1));
    },
  );
  return { text: replaced, unset };
}

function choose(operator: string, value: string | undefined, word: string): string {
  const filled = operator.startsWith(':')
    ? value !== undefined && value !== ''
    : value !== undefined;
  switch (operator.at(-1)) {
    case '-':
      return filled ? (value ?? '') : word;
    case '+':
      return filled ? word : (value ?? '');
    default:
      if (filled) return value ?? '';
      throw new InterpolationError('requires a variable that has no value');
  }
}

/** Where the first brace is closed again. As in the reference, the character behind an opening brace is never looked at. */
function closingBrace(text: string): number {
  let open = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '}') {
      open -= 1;
      if (open === 0) return at;
    } else if (text[at] === '{') {
      open += 1;
      at += 1;
    }
  }
  return text.length - 1;
}
