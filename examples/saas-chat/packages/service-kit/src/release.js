/** What is running: the image carries its version and the commit that it was built from. */
export function readRelease(service, env = process.env) {
  return {
    service,
    version: env.VERSION ?? '0.0.0-dev',
    revision: env.REVISION ?? 'unknown',
  };
}
