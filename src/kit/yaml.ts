import { type Document, LineCounter, parseDocument } from 'yaml';
import { messageOf, type UserError } from './errors.ts';

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
  refuse: (why: string, line: number | undefined) => UserError,
): Yaml {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [syntax] = document.errors;
  if (syntax) throw refuse(syntax.message.split('\n')[0] ?? '', lines.linePos(syntax.pos[0]).line);
  try {
    return { data: document.toJS(), document, lines };
  } catch (error) {
    // An alias of nothing, or one that grows without bounds, is no error to the parser.
    throw refuse(messageOf(error), undefined);
  }
}
