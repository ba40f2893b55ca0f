import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Ajv, type ValidateFunction } from 'ajv';
import { fullFormats } from 'ajv-formats/dist/formats.js';

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: { readonly type?: string };
}
interface Reference {
  readonly $ref: string;
}
type Content = Readonly<Record<string, { readonly schema: object } | undefined>>;
interface Operation {
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content } | undefined>>;
}
interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation | undefined>>>>;
}

const require = createRequire(import.meta.url);
const JSON_TYPE = 'application/json';

/** GitHub's own description of its API, as Octokit's is generated from it: https://github.com/octokit/openapi */
export class OpenApi {
  static #github: OpenApi | undefined;
  readonly #description: Description;
  // OpenAPI's own words (example, nullable beside $ref) are no mistakes.
  readonly #ajv = new Ajv({ formats: fullFormats, strict: false });
  readonly #compiled = new Map<object, ValidateFunction>();

  private constructor(description: Description) {
    this.#description = description;
  }

  /** It has 13 MB and is read once. */
  static github(): OpenApi {
    const path = require.resolve('@octokit/openapi/generated/api.github.com.json');
    OpenApi.#github ??= new OpenApi(JSON.parse(readFileSync(path, 'utf8')) as Description);
    return OpenApi.#github;
  }

  /** What is wrong with a request, in words; empty when GitHub would take it. */
  request(method: string, url: URL, body: unknown): string[] {
    const operation = this.#find(method, url.pathname);
    if (operation === undefined) return [`${method} ${url.pathname}: there is no such operation`];
    const problems: string[] = [];
    const known = (operation.parameters ?? []).map((one) => this.#parameter(one));
    for (const [name, text] of url.searchParams) {
      const parameter = known.find((one) => one.in === 'query' && one.name === name);
      if (parameter === undefined) problems.push(`there is no parameter ${name}`);
      else problems.push(...this.#fits(parameter.schema, coerced(parameter, text), name));
    }
    for (const { name, required, in: place } of known)
      if (place === 'query' && required && !url.searchParams.has(name))
        problems.push(`${name} is missing`);
    const schema = operation.requestBody?.content[JSON_TYPE]?.schema;
    if (schema !== undefined) problems.push(...this.#fits(schema, body, 'body'));
    else if (body !== undefined) problems.push('there is no body');
    return problems.map((problem) => `${method} ${url.pathname}: ${problem}`);
  }

  /** What is wrong with an answer of ours. */
  response(method: string, url: URL, status: number, body: unknown): string[] {
    const described = this.#find(method, url.pathname)?.responses[status];
    if (described === undefined) return [`${method} ${url.pathname} never answers ${status}`];
    const schema = described.content?.[JSON_TYPE]?.schema;
    return schema === undefined ? [] : this.#fits(schema, body, 'answer');
  }

  #find(method: string, path: string): Operation | undefined {
    const parts = path.split('/');
    const template = Object.keys(this.#description.paths).find((candidate) => {
      const wanted = candidate.split('/');
      return (
        wanted.length === parts.length &&
        wanted.every((part, index) => part.startsWith('{') || part === parts[index])
      );
    });
    return this.#description.paths[template ?? '']?.[method.toLowerCase()];
  }

  #parameter(parameter: Parameter | Reference): Parameter {
    return '$ref' in parameter ? (this.#at(parameter.$ref) as Parameter) : parameter;
  }

  #fits(schema: object, value: unknown, name: string): string[] {
    const validate = this.#compiled.get(schema) ?? this.#ajv.compile(this.#whole(schema));
    this.#compiled.set(schema, validate);
    if (validate(value)) return [];
    return [`${name} does not fit: ${this.#ajv.errorsText(validate.errors)}`];
  }

  /** A schema together with all that it refers to, and nothing else of the description. */
  #whole(schema: object): object {
    const definitions: Record<string, unknown> = {};
    const own = (part: unknown): unknown => {
      const text = JSON.stringify(part).replaceAll(/"\$ref":"(#[^"]+)"/g, (_, pointer: string) => {
        const name = pointer.replaceAll(/\W/g, '_');
        if (!Object.hasOwn(definitions, name)) {
          definitions[name] = true; // it may refer to itself
          definitions[name] = own(this.#at(pointer));
        }
        return `"$ref":"#/definitions/${name}"`;
      });
      return JSON.parse(text);
    };
    return { ...(own(schema) as object), definitions };
  }

  #at(pointer: string): unknown {
    const path = pointer.split('/').slice(1);
    return path.reduce<unknown>(
      (at, name) => (at as Readonly<Record<string, unknown>>)[name],
      this.#description,
    );
  }
}

function coerced({ schema }: Parameter, text: string): unknown {
  if (schema.type === 'integer' || schema.type === 'number') return Number(text);
  return schema.type === 'boolean' ? text === 'true' : text;
}
