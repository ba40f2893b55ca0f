import { gunzipSync } from 'node:zlib';

/** The body of an upload. */
export interface NewSarif {
  readonly commit_sha: string;
  readonly ref: string;
  /** gzip, base64. */
  readonly sarif: string;
}

export interface StoredSarif {
  readonly id: string;
  readonly commit: string;
  readonly ref: string;
  /** As it was before it was compressed. */
  readonly sarif: string;
}

/** How far an upload is; `unseen` where nothing is known of it yet. */
export type Progress = 'unseen' | 'pending' | 'complete' | 'failed';

/** SARIF files that were handed over. A test says how they fare. */
export class CodeScanning {
  readonly uploads: StoredSarif[] = [];
  /** What each question about an upload is answered with, in order; the last one for ever. */
  progress: Progress[] = ['complete'];
  readonly #root: () => string;

  /** @param root the address of the repository in the API */
  constructor(root: () => string) {
    this.#root = root;
  }

  /** Source: https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data */
  add({ commit_sha: commit, ref, sarif }: NewSarif): object {
    const id = `47177e22-5596-11eb-80a1-${String(this.uploads.length).padStart(12, '0')}`;
    const text = gunzipSync(Buffer.from(sarif, 'base64')).toString();
    this.uploads.push({ id, commit, ref, sarif: text });
    return { id, url: `${this.#root()}/code-scanning/sarifs/${id}` };
  }

  /** Undefined where nothing is known of it. */
  status(id: string): object | undefined {
    const known = this.uploads.some((one) => one.id === id);
    const progress = this.progress.length > 1 ? this.progress.shift() : this.progress[0];
    if (!known || progress === 'unseen') return undefined;
    const url = `${this.#root()}/code-scanning/analyses?sarif_id=${id}`;
    return {
      processing_status: progress,
      analyses_url: progress === 'complete' ? url : null,
      errors: progress === 'failed' ? ['the rule of result 3 is not known'] : null,
    };
  }
}
