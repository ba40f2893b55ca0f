import {
  DockerfileParser,
  type From,
  type Instruction,
  type JSONInstruction,
} from 'dockerfile-ast';

/** One stage: its FROM and what follows. */
export interface Stage {
  readonly name: string | undefined;
  /** The image or stage that it builds upon, arguments filled in. */
  readonly base: string;
  readonly line: number;
  readonly instructions: readonly Statement[];
}

interface Statement {
  readonly keyword: string;
  /** Without flags. */
  readonly words: readonly string[];
  /** Names of flags such as `from`. */
  readonly flags: readonly string[];
  readonly line: number;
}

/** A Dockerfile, as far as our rules look at it. */
export interface Dockerfile {
  readonly stages: readonly Stage[];
  /** Every build argument that is declared somewhere. */
  readonly declared: ReadonlySet<string>;
}

/** @param args build arguments that the build is given */
export function readDockerfile(text: string, args: Readonly<Record<string, string>>): Dockerfile {
  const declared = new Set<string>();
  const values: Record<string, string> = {};
  const stages: (Stage & { instructions: Statement[] })[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const statement = statementOf(instruction);
    const { keyword, words, line } = statement;
    if (keyword === 'FROM') {
      const from = instruction as From;
      const base = expand(from.getImage() ?? '', { ...values, ...args });
      const name = from.getBuildStage()?.toLowerCase();
      stages.push({ name, base, line, instructions: [] });
    } else stages.at(-1)?.instructions.push(statement);
    if (keyword !== 'ARG') continue;
    for (const word of words) {
      const [name = '', ...rest] = word.split('=');
      declared.add(name);
      // Only what stands before the first FROM counts in one.
      if (stages.length === 0 && rest.length > 0) values[name] = expand(rest.join('='), values);
    }
  }
  return { stages, declared };
}

/** The stage that a build makes. */
export function builtStage({ stages }: Dockerfile, target: string | undefined): Stage | undefined {
  if (target === undefined) return stages.at(-1);
  return stages.find(({ name }) => name === target.toLowerCase()) ?? stages[Number(target)];
}

/** A stage and those that it builds upon, nearest first. */
export function lineage(file: Dockerfile, stage: Stage): Stage[] {
  const before = file.stages.slice(0, file.stages.indexOf(stage));
  const base = before.find(({ name }) => name === stage.base.toLowerCase());
  return [stage, ...(base === undefined ? [] : lineage(file, base))];
}

function statementOf(instruction: Instruction): Statement {
  const { start } = instruction.getRange();
  const json =
    'getJSONStrings' in instruction ? (instruction as JSONInstruction).getJSONStrings() : [];
  const flags = 'getFlags' in instruction ? (instruction as JSONInstruction).getFlags() : [];
  return {
    keyword: instruction.getKeyword(),
    words:
      json.length > 0
        ? json.map((part) => part.getValue().replace(/^"|"$/g, ''))
        : instruction.getArguments().map((part) => part.getValue()),
    flags: flags.map((flag) => flag.getName()),
    line: start.line + 1,
  };
}

/** `$NAME`, `${NAME}` and `${NAME:-default}`; what is not known stays as it is. */
function expand(text: string, values: Readonly<Record<string, string>>): string {
  return text
    .replace(/^(["'])(.*)\1$/, '$2')
    .replaceAll(
      /\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})/g,
      (
        whole,
        plain: string | undefined,
        braced: string | undefined,
        fallback: string | undefined,
      ) => {
        const name = plain ?? braced ?? '';
        return (Object.hasOwn(values, name) ? values[name] : undefined) ?? fallback ?? whole;
      },
    );
}
