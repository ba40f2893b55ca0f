/**
 * The chaos switches of this example, with which a demo or a test breaks a release in a known way.
 *
 *   BOOT_DELAY_MS=3000  listens only after that long
 *   BROKEN=unhealthy    /health and /health/ready answer 503 for ever
 *   BROKEN=crash        exits 1 as soon as it has started
 *   BROKEN=lying        health is fine, every business route answers 500
 */
export function readChaos(env = process.env) {
  return {
    bootDelay: Number(env.BOOT_DELAY_MS || 0),
    unhealthy: env.BROKEN === 'unhealthy',
    crash: env.BROKEN === 'crash',
    lying: env.BROKEN === 'lying',
  };
}
