/** The broker the settings name. */
import type { Settings } from '#shared/process/settings.ts';
import type { Broker } from './broker.ts';
import { PaperBroker } from './paper/paper-broker.ts';
import type { BrokerDependencies } from './broker-dependencies.ts';

export function openBroker(settings: Settings, around: BrokerDependencies): Broker {
  return new PaperBroker(settings, around);
}
