import type { ScanSettings } from '../config/schema.ts';
import { parseSize } from '../kit/size.ts';
import type { GateSettings } from './policy/gate.ts';

/** What holds where nobody says anything: what is grave and can be mended fails. @throws UserError `bad-size` */
export function gateSettings(settings: ScanSettings): GateSettings {
  const maxSize = settings['max-size'];
  return {
    severity: settings.severity ?? 'high',
    fixableOnly: settings['fixable-only'] ?? true,
    failOn: settings['fail-on'] ?? 'all',
    endOfLife: settings['end-of-life'] ?? 'warn',
    root: settings.root ?? 'warn',
    maxSize: maxSize === undefined ? undefined : parseSize(maxSize),
  };
}
