/** Files of the repository by ref, as the contents API shows them. */
export class Contents {
  readonly #files = new Map<string, Map<string, string>>();
  readonly #root: () => string;

  /** @param root the address of the repository in the API */
  constructor(root: () => string) {
    this.#root = root;
  }

  /** Commits a file to a branch, tag or commit, which is there from then on. */
  commit(ref: string, path: string, text: string): void {
    const files = this.#files.get(ref) ?? new Map<string, string>();
    this.#files.set(ref, files.set(path, text));
  }

  /** The answer for a file or folder, or why there is none. */
  at(path: string, ref: string): object | string {
    const files = this.#files.get(ref);
    if (files === undefined) return `No commit found for the ref ${ref}`;
    const own = files.get(path);
    if (own !== undefined) return this.#file(path, ref, own);
    const below = [...files].filter(([name]) => name.startsWith(`${path}/`));
    if (below.length === 0) return 'Not Found';
    return below.map(([name, text]) => this.#entry(name, ref, Buffer.byteLength(text)));
  }

  /** Source: https://docs.github.com/en/rest/repos/contents#get-repository-content; over 1 MB the content is left out. */
  #file(path: string, ref: string, text: string): object {
    const bytes = Buffer.from(text);
    const whole = bytes.length <= 1024 * 1024;
    return {
      ...this.#entry(path, ref, bytes.length),
      encoding: whole ? 'base64' : 'none',
      content: whole ? bytes.toString('base64').replaceAll(/.{60}/g, '$&\n') : '',
    };
  }

  #entry(path: string, ref: string, size: number): object {
    const url = `${this.#root()}/contents/${encodeURIComponent(path)}?ref=${encodeURIComponent(ref)}`;
    return {
      ...{ type: 'file', name: path.split('/').at(-1), path, size, sha: '3d21ec5' },
      ...{ url, git_url: null, html_url: null, download_url: null },
      _links: { self: url, git: null, html: null },
    };
  }
}
