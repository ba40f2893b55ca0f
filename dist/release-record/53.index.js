export const id = 53;
export const ids = [53];
export const modules = {

/***/ 7053:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {


// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  awaitProof: () => (/* binding */ awaitProof)
});

// UNUSED EXPORTS: proofOf

// EXTERNAL MODULE: ./src/kit/duration.ts
var duration = __webpack_require__(438);
// EXTERNAL MODULE: ./node_modules/@actions/github/lib/github.js + 21 modules
var github = __webpack_require__(1758);
// EXTERNAL MODULE: ./node_modules/@octokit/plugin-retry/dist-bundle/index.js
var dist_bundle = __webpack_require__(9735);
// EXTERNAL MODULE: ./node_modules/@octokit/plugin-throttling/dist-bundle/index.js
var plugin_throttling_dist_bundle = __webpack_require__(6856);
;// CONCATENATED MODULE: ./src/github/connect.ts



const REQUEST_TIMEOUT_MS = 30_000;
const LONGEST_PAUSE_S = 60;
const MOST_RETRIES = 3;
/** Octokit for one repository: keeps to rate limits, tries again after 5xx, and gives no request longer than 30 seconds. */
function connect_connect(access, log) {
    const limited = (seconds, _options, _octokit, count) => {
        const again = seconds <= LONGEST_PAUSE_S && count < MOST_RETRIES;
        if (again)
            log.info(`GitHub's rate limit is reached: trying again in ${seconds} s`);
        return again;
    };
    const quiet = () => undefined;
    const { secondMs = 1_000 } = access;
    const [owner = '', repo = ''] = access.repository.split('/');
    const octokit = (0,github/* getOctokit */.Q)(access.token, {
        ...(access.apiUrl !== undefined && { baseUrl: access.apiUrl }),
        retry: { retries: MOST_RETRIES, retryAfterBaseValue: secondMs },
        throttle: {
            onRateLimit: limited,
            onSecondaryRateLimit: limited,
            retryAfterBaseValue: secondMs,
        },
        // What went wrong is told by those who asked.
        log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    }, withDeadline, dist_bundle/* retry */.L, plugin_throttling_dist_bundle/* throttling */.A);
    return { octokit, at: { owner, repo } };
}
/** A plugin that comes before those which try again, so that each attempt has a deadline of its own. */
function withDeadline(octokit) {
    octokit.hook.before('request', (options) => {
        options.request.signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    });
}

// EXTERNAL MODULE: ./src/kit/errors.ts
var errors = __webpack_require__(3713);
// EXTERNAL MODULE: ./src/kit/text.ts
var kit_text = __webpack_require__(4669);
;// CONCATENATED MODULE: ./src/github/failure.ts


/**
 * What a failed request means, and what to do about it.
 * @param permission what the job's token needs, e.g. `deployments: write`
 */
function explain(error, repository, permission) {
    const { status, response } = error;
    const words = (0,kit_text/* safeLine */.om)((0,errors/* messageOf */.bD)(error)).slice(0, 300);
    if (isLimit(error)) {
        return new errors/* UserError */.yo({
            id: 'github-limit',
            message: `GitHub's rate limit is reached (${words}).`,
            value: repository,
            fix: 'Wait and run the job again; fewer jobs at once with the same token help.',
        });
    }
    if (status === 401) {
        return new errors/* UserError */.yo({
            id: 'github-denied',
            message: `GitHub does not accept the token (${words}).`,
            value: repository,
            fix: 'Leave out the input token, which is then the one of this job; or renew the one that is given.',
        });
    }
    // A private repository is "not found" for a token that may not see it.
    if (status === 403 || status === 404) {
        const needed = String(response?.headers?.['x-accepted-github-permissions'] ?? '');
        // The header says security_events where a workflow says security-events.
        const exact = /^\w+=(?:read|write)$/.test(needed)
            ? needed.replace('=', ': ').replaceAll('_', '-')
            : permission;
        return new errors/* UserError */.yo({
            id: 'github-denied',
            message: `The token may not do this (${words}).`,
            value: repository,
            fix: `Add "${exact}" under "permissions:" of the job; where a reusable workflow is called, in the job that calls it, too.`,
        });
    }
    return new errors/* UserError */.yo({
        id: 'github-failed',
        message: `GitHub did not answer as it should (${status === undefined ? '' : `${status}: `}${words}).`,
        value: repository,
        fix: 'Look at https://www.githubstatus.com and run the job again.',
    }, { cause: error });
}
function isLimit(error) {
    const { status, response } = error;
    return (status === 429 ||
        (status === 403 &&
            (String(response?.headers?.['x-ratelimit-remaining']) === '0' ||
                /rate limit/i.test((0,errors/* messageOf */.bD)(error)))));
}

// EXTERNAL MODULE: ./node_modules/zod/v4/classic/schemas.js + 9 modules
var schemas = __webpack_require__(7597);
;// CONCATENATED MODULE: ./src/github/payload.ts

/** Marks the deployments that Slipway writes, apart from those that GitHub makes by itself for every job with an environment. */
const TASK = 'slipway';
const payloadSchema = schemas/* looseObject */._H3({
    slipway: schemas/* literal */.euz(1),
    /** Hash of release.json. */
    record: schemas/* string */.YjP().regex(/^sha256:[0-9a-f]{64}$/),
    /** Identifier of the release. */
    release: schemas/* string */.YjP().max(200),
    version: schemas/* string */.YjP().max(200),
    /** Where the record is published, `repository@sha256:...`; null when it is not. */
    artifact: schemas/* string */.YjP().max(500).nullable(),
});
/** Reads a deployment's payload, which GitHub gives back as an object or as text; undefined when it is none of ours. */
function parsePayload(payload) {
    let data = payload;
    try {
        if (typeof payload === 'string')
            data = JSON.parse(payload);
    }
    catch {
        return undefined;
    }
    return payloadSchema.safeParse(data).data;
}

;// CONCATENATED MODULE: ./src/github/proof.ts




const POLL_MS = 10_000;
const UNDER_WAY = ['queued', 'in_progress', 'pending', 'requested'];
/**
 * Looks once for a proof among Slipway's own deployments; GitHub's automatic ones prove nothing.
 * @throws UserError `github-denied`, `github-limit` or `github-failed`
 */
async function proofOf(question, log) {
    return (await lookUp(connect(question, log), question)).proof;
}
/**
 * The same, but a run in progress is waited for: a deployment that has no verdict yet, or another run of this commit that may still
 * deploy (a tag that is pushed together with its branch starts its run beside that of staging).
 * @param waitMs at most this long
 * @throws UserError `github-denied`, `github-limit` or `github-failed`
 */
async function awaitProof(question, waitMs, { log, clock }) {
    const connection = connect_connect(question, log);
    const early = await lookUp(connection, question);
    if (early.proof !== undefined)
        return early;
    const runs = new OtherRuns(connection, question, log);
    const deadline = clock.now() + waitMs;
    let told;
    for (;;) {
        // Runs before deployments: one that ends in between has written its own by then.
        const running = await runs.pending();
        const found = await lookUp(connection, question);
        const pending = found.pending ?? (found.proof === undefined ? running : undefined);
        const left = deadline - clock.now();
        if (found.proof !== undefined || pending === undefined || left <= 0)
            return { ...found, pending };
        if (pending !== told)
            log.info(`Waiting up to ${(0,duration/* formatDuration */.a)(left)} for ${pending}`);
        told = pending;
        await clock.sleep(Math.min(POLL_MS, left));
    }
}
async function lookUp({ octokit, at }, question) {
    const { commit, environment, hash, repository } = question;
    const seen = [];
    let pending;
    try {
        const pages = octokit.paginate.iterator(octokit.rest.repos.listDeployments, {
            ...at,
            sha: commit,
            task: TASK,
            environment,
            per_page: 100,
        });
        for await (const { data } of pages) {
            for (const deployment of data) {
                const payload = parsePayload(deployment.payload);
                const ours = deployment.task === TASK && deployment.sha === commit;
                if (!ours || deployment.environment !== environment || payload === undefined)
                    continue;
                if (hash !== undefined && payload.record !== hash) {
                    seen.push(`deployment ${deployment.id} was of another record`);
                    continue;
                }
                const statuses = await octokit.paginate(octokit.rest.repos.listDeploymentStatuses, {
                    ...at,
                    deployment_id: deployment.id,
                    per_page: 100,
                });
                const success = statuses.find(({ state }) => state === 'success');
                if (success !== undefined) {
                    const proof = { deployment: deployment.id, payload, at: success.created_at };
                    return { proof, pending: undefined, seen };
                }
                const state = statuses[0]?.state ?? 'pending';
                if (UNDER_WAY.includes(state))
                    pending ??= `deployment ${deployment.id} to ${environment}, which is ${state}`;
                seen.push(`deployment ${deployment.id} is ${state}`);
            }
        }
    }
    catch (error) {
        throw explain(error, repository, 'deployments: read');
    }
    return { proof: undefined, pending, seen };
}
/** Other runs of the same commit; a token that may not see them sees none, which is said once. */
class OtherRuns {
    #connection;
    #question;
    #log;
    #blind = false;
    constructor(connection, question, log) {
        this.#connection = connection;
        this.#question = question;
        this.#log = log;
    }
    async pending() {
        if (this.#blind)
            return undefined;
        const { octokit, at } = this.#connection;
        const { commit, repository } = this.#question;
        try {
            const { data } = await octokit.rest.actions.listWorkflowRunsForRepo({
                ...at,
                head_sha: commit,
                per_page: 100,
            });
            const other = data.workflow_runs.find(({ id, status }) => String(id) !== process.env.GITHUB_RUN_ID && UNDER_WAY.includes(status ?? ''));
            return other && `run ${other.id} of this commit, which is ${other.status ?? 'pending'}`;
        }
        catch (error) {
            const { message, fix } = explain(error, repository, 'actions: read');
            this.#blind = true;
            this.#log.info(`Runs of this commit that have not begun to deploy are not waited for: ${message} ${fix}`);
            return undefined;
        }
    }
}


/***/ })

};
