const LEVELS = ['debug', 'info', 'warn', 'error'];
const threshold = LEVELS.indexOf(process.env.LOG_LEVEL ?? 'info');

/** One JSON object a line, as log collectors like it. */
export function log(level, message, fields = {}) {
  if (LEVELS.indexOf(level) < threshold) return;
  console.log(JSON.stringify({ time: new Date().toISOString(), level, message, ...fields }));
}
