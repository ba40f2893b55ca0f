export const id = 192;
export const ids = [192];
export const modules = {

/***/ 9192:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   uploadSarif: () => (/* binding */ uploadSarif)
/* harmony export */ });
/* harmony import */ var node_zlib__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(8522);
/* harmony import */ var node_zlib__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_zlib__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _kit_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3713);
/* harmony import */ var _connect_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(7441);
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8881);




const POLL_MS = 5_000;
const PATIENCE_MS = 120_000;
/**
 * Hands a SARIF file to GitHub's code scanning and waits up to two minutes until it is taken in
 * (https://docs.github.com/en/rest/code-scanning/code-scanning#upload-an-analysis-as-sarif-data). That it is not allowed (a pull
 * request from a fork, no code scanning) is an answer, not an error.
 * @throws UserError `sarif-rejected`, `github-denied`, `github-limit` or `github-failed`
 */
async function uploadSarif(access, { sarif, commit, ref }, { log, clock }) {
    const connection = (0,_connect_js__WEBPACK_IMPORTED_MODULE_2__/* .connect */ .N)(access, log);
    try {
        const { data } = await connection.octokit.rest.codeScanning.uploadSarif({
            ...connection.at,
            commit_sha: commit,
            ref,
            sarif: (0,node_zlib__WEBPACK_IMPORTED_MODULE_0__.gzipSync)(sarif).toString('base64'),
        });
        const id = data.id ?? '';
        if (!(await isTakenIn(connection, id, clock)))
            log.info(`GitHub has not finished with the results yet (${id}); nobody waits for it.`);
        return { id, url: alertsUrl(access.repository, ref) };
    }
    catch (error) {
        return { refused: refusal(error, access.repository) };
    }
}
/** @returns false when it takes longer than we wait @throws UserError `sarif-rejected` */
async function isTakenIn(connection, id, clock) {
    const deadline = clock.now() + PATIENCE_MS;
    for (;;) {
        const { status, errors } = await progressOf(connection, id);
        if (status === 'complete')
            return true;
        if (status === 'failed')
            throw rejected(errors.join('; '));
        if (clock.now() >= deadline)
            return false;
        await clock.sleep(POLL_MS);
    }
}
async function progressOf({ octokit, at }, id) {
    try {
        const { data } = await octokit.rest.codeScanning.getSarif({ ...at, sarif_id: id });
        return { status: data.processing_status ?? 'pending', errors: data.errors ?? [] };
    }
    catch (error) {
        // What was received a moment ago is not everywhere yet.
        if (error.status === 404)
            return { status: 'pending', errors: [] };
        throw error;
    }
}
/** The reason in words when GitHub does not allow it. @throws UserError for everything else */
function refusal(error, repository) {
    if (error instanceof _kit_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo)
        throw error;
    const { status } = error;
    if (status === 400 || status === 413)
        throw rejected((0,_kit_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .messageOf */ .bD)(error));
    const problem = (0,_failure_js__WEBPACK_IMPORTED_MODULE_3__/* .explain */ .W)(error, repository, 'security-events: write');
    if (problem.id !== 'github-denied' || status === 401)
        throw problem;
    // Seen: "Advanced Security must be enabled for this repository to use code scanning.", "Code scanning is not enabled ..."
    const off = /(?:Advanced|Code) Security|not enabled|archived/i.test((0,_kit_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .messageOf */ .bD)(error));
    const remedy = off
        ? 'Turn on code scanning in the settings of the repository; a private one needs GitHub Code Security (Advanced Security).'
        : `${problem.fix} A pull request from a fork never gets it: its results are in the summary only.`;
    return `${problem.message} ${remedy}`;
}
function rejected(why) {
    return new _kit_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo({
        id: 'sarif-rejected',
        message: `GitHub's code scanning did not take the results: ${why || 'it gave no reason'}.`,
        fix: 'The summary has the findings. Run the job again; if it stays, report it with this message.',
    });
}
function alertsUrl(repository, ref) {
    const pull = /^refs\/pull\/(\d+)\//.exec(ref)?.[1];
    const branch = /^refs\/heads\/(.+)/.exec(ref)?.[1];
    const where = pull ? ` pr:${pull}` : branch ? ` branch:${branch}` : '';
    const server = process.env.GITHUB_SERVER_URL ?? 'https://github.com';
    return `${server}/${repository}/security/code-scanning?query=${encodeURIComponent(`is:open${where}`)}`;
}


/***/ }),

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


/***/ })

};
