/** Trivy's own places for its vulnerability database, the best first. */
export const VULNERABILITY_REPOSITORIES: readonly string[] = [
  'mirror.gcr.io/aquasec/trivy-db:2',
  'ghcr.io/aquasecurity/trivy-db:2',
];

/** The same for its Java database. */
export const JAVA_REPOSITORIES: readonly string[] = [
  'mirror.gcr.io/aquasec/trivy-java-db:1',
  'ghcr.io/aquasecurity/trivy-java-db:1',
];

export type DatabaseName = 'vulnerability' | 'java';

/** What tells one database from the other. Source: Trivy's packages pkg/db and pkg/javadb. */
export interface Kind {
  readonly name: DatabaseName;
  /** For people. */
  readonly title: string;
  /** Where it lies in Trivy's cache, and the file that holds it there. */
  readonly folder: string;
  readonly file: string;
  readonly schema: number;
  readonly mediaType: string;
  /** How Trivy is told to fetch it, and from where. */
  readonly only: string;
  readonly from: string;
}

export const KINDS: Readonly<Record<DatabaseName, Kind>> = {
  vulnerability: {
    name: 'vulnerability',
    title: 'vulnerability database',
    folder: 'db',
    file: 'trivy.db',
    schema: 2,
    mediaType: 'application/vnd.aquasec.trivy.db.layer.v1.tar+gzip',
    only: '--download-db-only',
    from: '--db-repository',
  },
  java: {
    name: 'java',
    title: 'Java database',
    folder: 'java-db',
    file: 'trivy-java.db',
    schema: 1,
    mediaType: 'application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip',
    only: '--download-java-db-only',
    from: '--java-db-repository',
  },
};
