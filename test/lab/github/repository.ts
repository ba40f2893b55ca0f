/** The body of a request for a deployment. */
export interface NewDeployment {
  readonly ref: string;
  readonly task?: string;
  readonly environment?: string;
  readonly payload?: unknown;
  readonly description?: string | null;
  readonly auto_merge?: boolean;
  readonly required_contexts?: readonly string[];
  readonly production_environment?: boolean;
}

/** The body of a request for a status. */
export interface NewStatus {
  readonly state: string;
  readonly description?: string;
  readonly log_url?: string;
  readonly environment_url?: string;
  readonly auto_inactive?: boolean;
}

export interface Status {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly log_url?: string;
  readonly environment_url?: string;
  readonly environment: string;
  readonly created_at: string;
}

export interface StoredDeployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly payload: unknown;
  readonly description: string | null;
  readonly production_environment: boolean;
  readonly created_at: string;
  /** Newest first. */
  readonly statuses: Status[];
  /** What else the API says of it. */
  readonly more: object;
}

export interface WorkflowRun {
  readonly id: number;
  readonly head_sha: string;
  status: string;
}

/** What the server knows of its repository. A test may write to it as another program would. */
export class Repository {
  /** Newest first. */
  readonly deployments: StoredDeployment[] = [];
  readonly runs: WorkflowRun[] = [];
  /** The kinds of protection rules of each environment that exists. */
  readonly environments = new Map<string, readonly string[]>();
  readonly #base: () => string;
  readonly #name: string;
  #last = 0;

  constructor(base: () => string, name: string) {
    this.#base = base;
    this.#name = name;
  }

  addDeployment(wanted: NewDeployment): StoredDeployment {
    const environment = wanted.environment ?? 'production';
    const id = (this.#last += 1);
    const deployment: StoredDeployment = {
      id,
      // Every ref that is deployed here is a commit.
      sha: wanted.ref,
      ref: wanted.ref,
      task: wanted.task ?? 'deploy',
      environment,
      payload: wanted.payload ?? {},
      description: wanted.description ?? null,
      production_environment: wanted.production_environment ?? environment === 'production',
      created_at: now(),
      statuses: [],
      more: {
        url: this.#url(id),
        node_id: `DE_${id}`,
        creator: null,
        updated_at: now(),
        statuses_url: `${this.#url(id)}/statuses`,
        repository_url: this.#root(),
      },
    };
    this.deployments.unshift(deployment);
    return deployment;
  }

  /** A success makes the environment's earlier deployments inactive, as GitHub does. */
  addStatus(id: number, wanted: NewStatus): object {
    const deployment = this.deployments.find((one) => one.id === id);
    if (deployment === undefined) throw new Error(`no deployment ${id}`);
    const status = this.#record(deployment, wanted);
    if (wanted.state === 'success' && (wanted.auto_inactive ?? true)) {
      for (const other of this.deployments) {
        const same = other.environment === deployment.environment && other.id < id;
        if (same && !other.production_environment && other.statuses[0]?.state === 'success')
          this.#record(other, { state: 'inactive' });
      }
    }
    return status;
  }

  /** The filters of "List deployments". */
  matching(query: URLSearchParams): StoredDeployment[] {
    const fits = (name: string, value: string): boolean =>
      [null, 'none', value].includes(query.get(name));
    return this.deployments.filter(
      ({ sha, ref, task, environment }) =>
        fits('sha', sha) &&
        fits('ref', ref) &&
        fits('task', task) &&
        fits('environment', environment),
    );
  }

  runsOf(commit: string | null): WorkflowRun[] {
    return this.runs.filter(({ head_sha: sha }) => commit === null || sha === commit);
  }

  /** Undefined where there is no such environment. */
  environmentOf(name: string): object | undefined {
    const rules = this.environments.get(name);
    if (rules === undefined) return undefined;
    const url = `${this.#root()}/environments/${name}`;
    return {
      ...{ id: 1, node_id: 'EN_1', name, url, html_url: url, created_at: now(), updated_at: now() },
      protection_rules: rules.map((type, index) => ({ id: index, node_id: `GA_${index}`, type })),
    };
  }

  #record(deployment: StoredDeployment, wanted: NewStatus): Status {
    const url = this.#url(deployment.id);
    const id = (this.#last += 1);
    const status = {
      id,
      url: `${url}/statuses/${id}`,
      node_id: `DES_${id}`,
      creator: null,
      target_url: wanted.log_url ?? url,
      state: wanted.state,
      description: wanted.description ?? '',
      ...(wanted.log_url !== undefined && { log_url: wanted.log_url }),
      ...(wanted.environment_url !== undefined && { environment_url: wanted.environment_url }),
      environment: deployment.environment,
      created_at: now(),
      updated_at: now(),
      deployment_url: url,
      repository_url: this.#root(),
    };
    deployment.statuses.unshift(status);
    return status;
  }

  #root(): string {
    return `${this.#base()}/repos/${this.#name}`;
  }

  #url(id: number): string {
    return `${this.#root()}/deployments/${id}`;
  }
}

/** A deployment as the API shows it. */
export function deploymentOf({ statuses: _, more, ...rest }: StoredDeployment): object {
  return { ...more, ...rest, original_environment: rest.environment };
}

function now(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}
