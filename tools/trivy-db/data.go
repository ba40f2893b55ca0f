package main

import "github.com/aquasecurity/trivy-db/pkg/types"

// A source of advisories: a bucket, named as the real database names it.
type source struct {
	bucket string
	origin types.DataSource
	// It lists affected versions; else the version that a package was fixed in.
	affected bool
}

var (
	debian = source{
		bucket: "debian 12",
		origin: types.DataSource{ID: "debian", Name: "Debian Security Tracker", URL: "https://salsa.debian.org/security-tracker-team/security-tracker"},
	}
	npm     = github("npm")
	pip     = github("pip")
	maven   = github("maven")
	sources = []source{debian, npm, pip, maven}
)

func github(ecosystem string) source {
	return source{
		bucket:   ecosystem + "::GitHub Security Advisory " + ecosystem,
		origin:   types.DataSource{ID: "ghsa", Name: "GitHub Security Advisory " + ecosystem, URL: "https://github.com/advisories?query=type%3Areviewed+ecosystem%3A" + ecosystem},
		affected: true,
	}
}

type flaw struct {
	source   source
	id       string
	severity types.Severity
	// The package; with Debian, the source package.
	name     string
	affected string
	fixed    string
	title    string
}

// Real ones, except for those of the year 2099, which are the lab's own: a scan finds here what it would find anywhere.
var flaws = []flaw{
	// Every image on bookworm, so node:24 and redis:7 of the lab and all that is built on them: never high, for a gate of "high".
	{debian, "CVE-2011-3374", types.SeverityLow, "apt", "", "", "It was found that apt-key in apt, all versions, do not correctly validate ..."},
	{debian, "CVE-2005-2541", types.SeverityLow, "tar", "", "", "tar: does not properly warn the user when extracting setuid or setgid files"},
	{debian, "CVE-2025-30258", types.SeverityMedium, "gnupg2", "", "", "gnupg: verification DoS due to a malicious subkey in the keyring"},
	{debian, "CVE-2099-0001", types.SeverityMedium, "tzdata", "", "2099a-0+deb12u1", "tzdata: the lab's own, fixed in a version that no image has"},

	// Images that were made to have them: the files of test/lab/trivy-database.ts.
	{debian, "CVE-2023-38545", types.SeverityCritical, "curl", "", "7.88.1-10+deb12u4", "curl: heap based buffer overflow in the SOCKS5 proxy handshake"},
	{debian, "CVE-2023-38546", types.SeverityLow, "curl", "", "7.88.1-10+deb12u4", "curl: cookie injection with none file"},
	{debian, "CVE-2023-4863", types.SeverityHigh, "libwebp", "", "1.2.4-0.2+deb12u1", "libwebp: Heap buffer overflow in WebP Codec"},
	{debian, "CVE-2023-6879", types.SeverityCritical, "aom", "", "", "aom: heap-buffer-overflow on frame size change"},
	{debian, "CVE-2023-2953", types.SeverityHigh, "openldap", "", "", "openldap: null pointer dereference in ber_memalloc_x function"},
	{debian, "CVE-2099-0002", types.SeverityUnknown, "jq", "", "1.6-2.1+deb12u1", "jq: the lab's own, which nobody has judged yet"},
	{npm, "CVE-2021-23337", types.SeverityHigh, "lodash", "<4.17.21", "4.17.21", "nodejs-lodash: command injection via template"},
	{npm, "CVE-2020-28500", types.SeverityMedium, "lodash", "<4.17.21", "4.17.21", "nodejs-lodash: ReDoS via the toNumber, trim and trimEnd functions"},
	{npm, "CVE-2021-44906", types.SeverityCritical, "minimist", "<1.2.6", "1.2.6", "minimist: prototype pollution"},
	{npm, "CVE-2024-29415", types.SeverityHigh, "ip", "<=2.0.1", "", "node-ip: Incomplete fix for CVE-2023-42282"},
	{pip, "CVE-2020-14343", types.SeverityCritical, "pyyaml", "<5.4", "5.4", "PyYAML: incomplete fix for CVE-2020-1747"},
	{maven, "CVE-2021-44228", types.SeverityCritical, "org.apache.logging.log4j:log4j-core", ">=2.13.0, <2.15.0", "2.15.0", "log4j-core: Remote code execution in Log4j 2.x when logs contain an attacker-controlled string value"},
}

type jar struct{ group, artifact, version, sha1 string }

// Jars that say nothing of themselves: the Java database knows them by their SHA-1, or by the name of the file.
var jars = []jar{
	{"org.apache.logging.log4j", "log4j-core", "2.14.1", "9141212b8507ab50a45525b545b39d224614528b"},
	{"org.apache.commons", "commons-lang3", "3.12.0", "c6842c86792ff03b9f1d1fe2aab8dc23aa6c6f0e"},
}
