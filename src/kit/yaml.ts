import { type Document, isMap, LineCounter, parseDocument } from 'yaml';
import { messageOf } from './errors.ts';

/** A YAML file: what it says, and where. */
export interface Yaml {
  readonly data: unknown;
  readonly document: Document;
  readonly lines: LineCounter;
}

/**
 * Reads YAML.
 * @param refuse makes the error out of what is wrong, and its line where that is known
 */
export function readYaml(
  text: string,
  refuse: (why: string, line: number | undefined) => Error,
): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax) throw refuse(syntax.message.split('\n')[0] ?? '', lines.linePos(syntax.pos[0]).line);
  let data: unknown;
  try {
    // An alias of nothing, or one that grows without bounds, is no error to the parser.
    data = document.toJS();
  } catch (error) {
    throw refuse(messageOf(error), undefined);
  }
  try {
    JSON.stringify(data);
  } catch {
    throw refuse('an alias stands within what it is an alias of', undefined);
  }
  return { data, document, lines };
}

/** The line of the key or list item that a path leads to, or of its nearest ancestor. */
export function lineOf({ document, lines }: Yaml, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const holder = document.getIn(path.slice(0, length - 1), true);
    const node = isMap(holder)
      ? holder.items.find(({ key }) => String(key) === String(path[length - 1]))?.key
      : document.getIn(path.slice(0, length), true);
    const range = (node as { range?: [number, number, number] | null } | undefined)?.range;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}
