/** The programs that the wing scans with. */
export type ToolName = 'trivy' | 'gitleaks';

/** What is known of a program, before anything is looked for or fetched. */
export interface Program {
  readonly name: ToolName;
  /** As people write it. */
  readonly title: string;
  /** Its Go module. */
  readonly module: string;
  /** Where releases lie, `v<version>/<archive>`; a mirror has the same below its own address. */
  readonly releases: string;
  /** The pinned version. */
  readonly version: string;
  /** Its archives by platform and architecture, as Node names them. */
  readonly archives: Readonly<Record<string, Archive | undefined>>;
  /** The versions that are taken from PATH, as a range of semver. */
  readonly accepted: string;
  /** Releases that an attacker made. Refused by name, wherever they come from. */
  readonly malicious: readonly string[];
  /** How it is asked for its version, and where the answer stands in what it says. */
  readonly ask: readonly string[];
  readonly answer: RegExp;
}

export interface Archive {
  readonly file: string;
  /** In hexadecimal digits. */
  readonly sha256: string;
}

/**
 * The checksums of the archives are those of scripts/pins.json; a test holds them to it.
 *
 * Trivy 0.69.4 to 0.69.6 are those of the attack of March 2026 (GHSA-69fq-xp46-6x23). The range that the CVE gives is mistyped, so they
 * are listed one by one. 0.69.2 is the oldest release that was found to be clean; its flags and its report are those of the pinned one.
 * gitleaks before 8.24.0 does not know all of the flags that it is given (measured: `--platform`).
 */
export const PROGRAMS: Readonly<Record<ToolName, Program>> = {
  trivy: {
    name: 'trivy',
    title: 'Trivy',
    module: 'github.com/aquasecurity/trivy',
    releases: 'https://github.com/aquasecurity/trivy/releases/download',
    version: '0.74.0',
    archives: {
      'linux-x64': {
        file: 'trivy_0.74.0_Linux-64bit.tar.gz',
        sha256: '2ae6fe3ee734b7fdf11335663e18c75ea12dccc76062f09f164a3b0f8be4371a',
      },
      'linux-arm64': {
        file: 'trivy_0.74.0_Linux-ARM64.tar.gz',
        sha256: 'b94ce1976bbf3c15b514b605ee88be7c6d94a29be2302847ff01cb794d47aad5',
      },
      'darwin-x64': {
        file: 'trivy_0.74.0_macOS-64bit.tar.gz',
        sha256: '472816f6888dda689d075c30254d4210b4d1035acf365aa72332f584c2f60485',
      },
      'darwin-arm64': {
        file: 'trivy_0.74.0_macOS-ARM64.tar.gz',
        sha256: '1caada5e0e2091909357c7525d3aa76f4b660b13821bc143b190c7483e31cc11',
      },
    },
    accepted: '>=0.69.2 <1',
    malicious: ['0.69.4', '0.69.5', '0.69.6'],
    ask: ['--version'],
    answer: /^Version: v?(\S+)$/m,
  },
  gitleaks: {
    name: 'gitleaks',
    title: 'gitleaks',
    module: 'github.com/zricethezav/gitleaks/v8',
    releases: 'https://github.com/gitleaks/gitleaks/releases/download',
    version: '8.30.1',
    archives: {
      'linux-x64': {
        file: 'gitleaks_8.30.1_linux_x64.tar.gz',
        sha256: '551f6fc83ea457d62a0d98237cbad105af8d557003051f41f3e7ca7b3f2470eb',
      },
      'linux-arm64': {
        file: 'gitleaks_8.30.1_linux_arm64.tar.gz',
        sha256: 'e4a487ee7ccd7d3a7f7ec08657610aa3606637dab924210b3aee62570fb4b080',
      },
      'darwin-x64': {
        file: 'gitleaks_8.30.1_darwin_x64.tar.gz',
        sha256: 'dfe101a4db2255fc85120ac7f3d25e4342c3c20cf749f2c20a18081af1952709',
      },
      'darwin-arm64': {
        file: 'gitleaks_8.30.1_darwin_arm64.tar.gz',
        sha256: 'b40ab0ae55c505963e365f271a8d3846efbc170aa17f2607f13df610a9aeb6a5',
      },
    },
    accepted: '>=8.24.0 <9',
    malicious: [],
    ask: ['version'],
    answer: /^v?(\S+)$/m,
  },
};
