/** The trading state of an installation, with everything that restricts it. */
import type { Dependencies } from '#shared/runtime/context.ts';
import { ControlStore } from '../control/control-store.ts';
import { reconciliationGuard } from './reconciliation-guard.ts';
import { silenceGuard } from './silence-guard.ts';

export function openControl(
  dependencies: Pick<Dependencies, 'database' | 'settings' | 'now' | 'baseCurrency' | 'broker'>,
): ControlStore {
  const { database, settings } = dependencies;
  return new ControlStore(database, settings.dataDir, [
    silenceGuard(dependencies),
    reconciliationGuard(dependencies),
  ]);
}
