export const id = 113;
export const ids = [113];
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

/***/ 3113:
/***/ ((__unused_webpack_module, __webpack_exports__, __webpack_require__) => {

__webpack_require__.r(__webpack_exports__);
/* harmony export */ __webpack_require__.d(__webpack_exports__, {
/* harmony export */   fileAt: () => (/* binding */ fileAt)
/* harmony export */ });
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_0__ = __webpack_require__(3916);
/* harmony import */ var node_path_posix__WEBPACK_IMPORTED_MODULE_0___default = /*#__PURE__*/__webpack_require__.n(node_path_posix__WEBPACK_IMPORTED_MODULE_0__);
/* harmony import */ var _kit_errors_js__WEBPACK_IMPORTED_MODULE_1__ = __webpack_require__(3713);
/* harmony import */ var _connect_js__WEBPACK_IMPORTED_MODULE_2__ = __webpack_require__(7441);
/* harmony import */ var _failure_js__WEBPACK_IMPORTED_MODULE_3__ = __webpack_require__(8881);




/**
 * The text of a file of the repository as it is at another ref than the one that is checked out, up to 1 MB
 * (https://docs.github.com/en/rest/repos/contents#get-repository-content).
 * @param path from the root of the repository
 * @param ref a branch, tag or commit
 * @returns undefined where there is no such file; GitHub says the same of a private repository that the token may not read
 * @throws UserError `github-ref-missing`, `github-no-file`, `github-denied`, `github-limit` or `github-failed`
 */
async function fileAt(access, path, ref, log) {
    const { octokit, at } = (0,_connect_js__WEBPACK_IMPORTED_MODULE_2__/* .connect */ .N)(access, log);
    const value = `${access.repository}/${path}@${ref}`;
    let data;
    try {
        ({ data } = await octokit.rest.repos.getContent({ ...at, path: (0,node_path_posix__WEBPACK_IMPORTED_MODULE_0__.normalize)(path), ref }));
    }
    catch (error) {
        const { status, message = '' } = error;
        if (status !== 404)
            throw (0,_failure_js__WEBPACK_IMPORTED_MODULE_3__/* .explain */ .W)(error, access.repository, 'contents: read');
        if (!message.startsWith('No commit found'))
            return undefined;
        throw new _kit_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo({
            id: 'github-ref-missing',
            message: 'The repository has no such branch, tag or commit.',
            value,
            fix: 'Check that the branch still exists, then run the job again.',
        });
    }
    const { type, encoding, content } = data;
    if (type !== 'file' || encoding !== 'base64' || typeof content !== 'string') {
        throw new _kit_errors_js__WEBPACK_IMPORTED_MODULE_1__/* .UserError */ .yo({
            id: 'github-no-file',
            message: 'What is there is not a file of at most 1 MB.',
            value,
            fix: 'Name a file, not a folder.',
        });
    }
    return Buffer.from(content, 'base64').toString('utf8');
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
