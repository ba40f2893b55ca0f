import {
  DockerfileParser,
  type Instruction,
  type JSONInstruction,
  ModifiableInstruction,
} from 'dockerfile-ast';
import { z } from 'zod';
import { clean } from './pattern.ts';

/** What a Dockerfile says about what an image is made of. */
export interface Dockerfile {
  /**
   * The paths of the context that it takes something from, as Docker's patterns; `undefined` when only a build could tell, which means
   * all of them.
   */
  readonly sources: readonly string[] | undefined;
  /** The images that it builds upon, the last stage's first. */
  readonly images: readonly string[];
  /** Those, and what it copies or mounts files from: images, or stages of its own. */
  readonly uses: readonly string[];
}

/** @param args build arguments that are known; any other may be given another value at the build */
export function readDockerfile(text: string, args: Readonly<Record<string, string>>): Dockerfile {
  const file = DockerfileParser.parse(text);
  const stages = new Set(file.getFROMs().map((from) => from.getBuildStage()?.toLowerCase()));
  const images = file.getFROMs().flatMap((from) => {
    const [image] = from.getExpandedArguments().map((argument) => argument.getValue());
    return image === undefined || stages.has(image.toLowerCase()) ? [] : [image];
  });
  const sources = file.getInstructions().flatMap((instruction): (string | undefined)[] => {
    switch (instruction.getKeyword()) {
      case 'COPY':
      case 'ADD':
        return copied(instruction as JSONInstruction);
      case 'RUN':
        return mounted(instruction as JSONInstruction);
      // It runs where another image is built upon this one, with that one's context.
      case 'ONBUILD':
        return [undefined];
      default:
        return [];
    }
  });
  const known = sources.map((source) => (source === undefined ? undefined : expand(source, args)));
  return {
    sources: known.every((source) => source !== undefined)
      ? [...new Set(known.map(clean))].sort()
      : undefined,
    images: images.reverse(),
    uses: [...images, ...file.getInstructions().flatMap(givers)],
  };
}

/** What `--from` and `--mount=from=` name. */
function givers(instruction: Instruction): string[] {
  if (!(instruction instanceof ModifiableInstruction)) return [];
  return instruction.getFlags().flatMap((flag) => {
    const value = flag.getValue() ?? '';
    if (flag.getName() === 'from') return [value];
    return flag.getName() === 'mount'
      ? [...value.matchAll(/(?:^|,)from=([^,]+)/g)].map(([, from = '']) => from)
      : [];
  });
}

/** The sources of COPY or ADD that come from the context; `undefined` among them for what cannot be read. */
function copied(instruction: JSONInstruction): (string | undefined)[] {
  const flags = instruction.getFlags();
  if (flags.some((flag) => flag.getName() === 'from')) return [];
  const json = jsonForm(instruction.getArgumentsContent() ?? '');
  if (json !== undefined) return json.slice(0, -1).filter(isLocal);
  const words = instruction.getArguments();
  if (words.some((word) => word.getValue().startsWith('<<'))) {
    // The lines of a heredoc come as arguments, too. With nothing but the target beside it, it takes nothing from the context.
    const line = instruction.getRange().start.line;
    const beside = words.filter(
      (word) => word.getRange().start.line === line && !word.getValue().startsWith('<<'),
    );
    return beside.length === 1 ? [] : [undefined];
  }
  return words
    .slice(0, -1)
    .map((word) => word.getValue())
    .filter(isLocal);
}

/** `["a", "b"]`; as in Docker, what is no JSON is words. The parser's own reading loses spaces and escapes. */
function jsonForm(content: string): string[] | undefined {
  try {
    const [, list = ''] = /^(?:--\S+\s+)*(\[[^]*\])\s*$/.exec(content) ?? [];
    return z.array(z.string()).parse(JSON.parse(list));
  } catch {
    return undefined;
  }
}

/** What RUN mounts from the context: `--mount` of type bind, which is the default, without `from`. */
function mounted(instruction: JSONInstruction): (string | undefined)[] {
  return instruction.getFlags().flatMap((flag) => {
    if (flag.getName() !== 'mount') return [];
    const options = new Map(
      (flag.getValue() ?? '').split(',').map((option) => {
        const [name = '', ...value] = option.split('=');
        return [name.toLowerCase(), value.join('=')] as const;
      }),
    );
    if ((options.get('type') ?? 'bind') !== 'bind' || options.has('from')) return [];
    return [options.get('source') ?? options.get('src') ?? '.'];
  });
}

function isLocal(source: string): boolean {
  return !/^(?:https?|git|ssh):\/\/|^git@/i.test(source);
}

/** Puts in the known arguments; `undefined` when another variable is left. */
function expand(source: string, args: Readonly<Record<string, string>>): string | undefined {
  const text = source.replace(
    /\$(?:(\w+)|\{(\w+)(?::-[^}]*)?\})/g,
    (whole, plain: string | undefined, braced: string | undefined) => {
      const name = plain ?? braced ?? '';
      return Object.hasOwn(args, name) ? (args[name] ?? whole) : whole;
    },
  );
  return text.includes('$') ? undefined : text;
}
