import { stripTypeScriptTypes } from 'node:module';

/** Hands jest a source just as Node itself would run it: types blanked out, every position kept. */
export default {
  process: (source: string): { code: string } => ({ code: stripTypeScriptTypes(source) }),
};
