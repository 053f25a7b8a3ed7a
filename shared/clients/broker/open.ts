/** The broker the settings name. */
import type { Settings } from '#shared/process/settings.ts';
import type { Broker } from './broker.ts';
import { PaperBroker } from './paper/paper-broker.ts';
import type { BrokerSurroundings } from './broker-dependencies.ts';

export function openBroker(settings: Settings, around: BrokerSurroundings): Broker {
  return new PaperBroker(settings, around);
}
