export const id = 852;
export const ids = [852];
export const modules = {

/***/ 7441:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   N: () => (/* binding */ connect)
/* harmony export */ });
/* harmony import */ var _actions_github__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(1758);
/* harmony import */ var _octokit_plugin_retry__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(9735);
/* harmony import */ var _octokit_plugin_throttling__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(6856);



const REQUEST_TIMEOUT_MS = 30_000;
const LONGEST_PAUSE_S = 60;
const MOST_RETRIES = 3;
/** Octokit for one repository: keeps to rate limits, tries again after 5xx, and gives no request longer than 30 seconds. */
function connect(access, log) {
    const limited = (seconds, _options, _octokit, count) => {
        const again = seconds <= LONGEST_PAUSE_S && count < MOST_RETRIES;
        if (again)
            log.info(`GitHub's rate limit is reached: trying again in ${seconds} s`);
        return again;
    };
    const quiet = () => undefined;
    const { secondMs = 1_000 } = access;
    const [owner = '', repo = ''] = access.repository.split('/');
    const octokit = (0,_actions_github__WEBPACK_IMPORTED_MODULE_0__/* .getOctokit */ .Q)(access.token, {
        ...(access.apiUrl !== undefined && { baseUrl: access.apiUrl }),
        retry: { retries: MOST_RETRIES, retryAfterBaseValue: secondMs },
        throttle: {
            onRateLimit: limited,
            onSecondaryRateLimit: limited,
            retryAfterBaseValue: secondMs,
        },
        // What went wrong is told by those who asked.
        log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    }, withDeadline, _octokit_plugin_retry__WEBPACK_IMPORTED_MODULE_1__/* .retry */ .L, _octokit_plugin_throttling__WEBPACK_IMPORTED_MODULE_2__/* .throttling */ .A);
    return { octokit, at: { owner, repo } };
}
/** A plugin that comes before those which try again, so that each attempt has a deadline of its own. */
function withDeadline(octokit) {
    octokit.hook.before('request', (options) => {
        options.request.signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    });
}


/***/ }),

/***/ 8852:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

// ESM COMPAT FLAG
__webpack_require__.r(__webpack_exports__);

// EXPORTS
__webpack_require__.d(__webpack_exports__, {
  openDeployment: () => (/* binding */ openDeployment)
});

;// CONCATENATED MODULE: ./src/kit/run-url.ts
/** The page of this run; undefined outside of GitHub Actions. */
function runUrl(env) {
    const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
    return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}

// EXTERNAL MODULE: ./src/github/connect.ts
var connect = __webpack_require__(7441);
// EXTERNAL MODULE: ./src/github/failure.ts
var failure = __webpack_require__(8881);
// EXTERNAL MODULE: ./src/github/payload.ts
var github_payload = __webpack_require__(5161);
;// CONCATENATED MODULE: ./src/github/deployments.ts




const LONGEST_DESCRIPTION = 140;
/**
 * Writes a deployment to GitHub (https://docs.github.com/en/rest/deployments). It is the record that a later promotion asks for, so it
 * is written truthfully: `success` only for a release that is served and proven. Nothing of it ever fails a release: what cannot be
 * written is a warning that says which permission to add.
 */
async function openDeployment(subject, log) {
    const { repository, commit, environment, payload, description } = subject;
    const connection = (0,connect/* connect */.N)(subject, log);
    const id = await attempt('The deployment was not recorded', subject, log, async () => {
        const { data } = await connection.octokit.rest.repos.createDeployment({
            ...connection.at,
            ref: commit,
            task: github_payload/* TASK */.w,
            environment,
            payload: { ...payload },
            ...(description !== undefined && { description: cut(description) }),
            // Our own run is pending, and would be waited for; and nothing is to be merged by deploying it.
            required_contexts: [],
            auto_merge: false,
        });
        if ('id' in data)
            return data.id;
        throw new Error(data.message ?? 'no deployment was made');
    });
    if (id !== undefined)
        log.info(`Deployment ${id} of ${repository} to ${environment}`);
    return {
        id,
        status: async (state, details = {}) => {
            if (id === undefined)
                return;
            await attempt(`The status ${state} of deployment ${id} was not recorded`, subject, log, () => writeStatus(connection, id, state, details));
        },
    };
}
async function writeStatus({ octokit, at }, id, state, { description, environmentUrl, logUrl = runUrl(process.env) }) {
    await octokit.rest.repos.createDeploymentStatus({
        ...at,
        deployment_id: id,
        state,
        ...(description !== undefined && { description: cut(description) }),
        ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
        ...(logUrl !== undefined && { log_url: logUrl }),
    });
}
async function attempt(what, { repository }, log, work) {
    try {
        return await work();
    }
    catch (error) {
        const { message, fix } = (0,failure/* explain */.W)(error, repository, 'deployments: write');
        log.warning(`${what}: ${message} Without it a promotion cannot prove this release. ${fix}`);
        return undefined;
    }
}
function cut(text) {
    return text.length > LONGEST_DESCRIPTION ? `${text.slice(0, LONGEST_DESCRIPTION - 1)}…` : text;
}


/***/ }),

/***/ 8881:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   W: () => (/* binding */ explain)
/* harmony export */ });
/* harmony import */ var _kit_errors_js__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3713);
/* harmony import */ var _kit_text_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(4669);


/**
 * What a failed request means, and what to do about it.
 * @param permission what the job's token needs, e.g. `deployments: write`
 */
function explain(error, repository, permission) {
    const { status, response } = error;
    const words = (0,_kit_text_js__WEBPACK_IMPORTED_MODULE_1__/* .safeLine */ .om)((0,_kit_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)).slice(0, 300);
    if (isLimit(error)) {
        return new _kit_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo({
            id: 'github-limit',
            message: `GitHub's rate limit is reached (${words}).`,
            value: repository,
            fix: 'Wait and run the job again; fewer jobs at once with the same token help.',
        });
    }
    if (status === 401) {
        return new _kit_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo({
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
        return new _kit_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo({
            id: 'github-denied',
            message: `The token may not do this (${words}).`,
            value: repository,
            fix: `Add "${exact}" under "permissions:" of the job; where a reusable workflow is called, in the job that calls it, too.`,
        });
    }
    return new _kit_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .UserError */ .yo({
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
                /rate limit/i.test((0,_kit_errors_js__WEBPACK_IMPORTED_MODULE_0__/* .messageOf */ .bD)(error)))));
}


/***/ }),

/***/ 5161:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   e: () => (/* binding */ parsePayload),
/* harmony export */   w: () => (/* binding */ TASK)
/* harmony export */ });
/* harmony import */ var zod__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(2857);

/** Marks the deployments that Slipway writes, apart from those that GitHub makes by itself for every job with an environment. */
const TASK = 'slipway';
const payloadSchema = zod__WEBPACK_IMPORTED_MODULE_0__/* .looseObject */ ._H3({
    slipway: zod__WEBPACK_IMPORTED_MODULE_0__/* .literal */ .euz(1),
    /** Hash of release.json. */
    record: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().regex(/^sha256:[0-9a-f]{64}$/),
    /** Identifier of the release. */
    release: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().max(200),
    version: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().max(200),
    /** Where the record is published, `repository@sha256:...`; null when it is not. */
    artifact: zod__WEBPACK_IMPORTED_MODULE_0__/* .string */ .YjP().max(500).nullable(),
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


/***/ })

};
