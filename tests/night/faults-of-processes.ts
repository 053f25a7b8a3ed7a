import { setTimeout as sleep } from 'node:timers/promises';
import type { InventedFault } from './invented-fault.ts';
import type { NightSystem } from './night-system.ts';

const STALL_MS = 5_000;
/** A scrape comes within. */
const SCRAPED_MS = 8_000;
const LOOKS_BACK_SECONDS = 180;

export function faultsOfProcesses(system: NightSystem): InventedFault[] {
  const { near, far, instances } = system;
  return [
    {
      name: 'a board is away',
      ...{ alert: 'TraderServiceUnhealthy', labels: { service: 'scoring', board: 'far' } },
      consequences: ['TraderProcessAway', 'TraderBoardNotCalled', 'TraderConnectorSilent'],
      notice: 'board-away',
      make: () => far.end('SIGKILL'),
      mend: () => {
        far.start();
        return far.ready();
      },
    },
    {
      name: 'the connector is dead',
      ...{ alert: 'TraderProcessAway', labels: { instance: instances.connector } },
      ...{ consequences: ['TraderQueueNotWorked', 'TraderConnectorSilent'] },
      make: async () => {
        system.connector().child.kill('SIGKILL');
        await system.connector().ended;
      },
      mend: () => system.startConnector(),
    },
    {
      name: 'the facade is dead',
      ...{ alert: 'TraderProcessAway', labels: { instance: instances.facade } },
      make: async () => {
        system.facade().child.kill('SIGKILL');
        await system.facade().ended;
      },
      mend: () => system.startFacade(),
    },
    {
      name: 'the facade ends again and again',
      ...{ alert: 'TraderProcessRestarts', labels: { instance: instances.facade } },
      ...{ consequences: ['TraderProcessAway'], lastsSeconds: LOOKS_BACK_SECONDS },
      make: async () => {
        for (let n = 0; n < 2; n += 1) {
          system.facade().child.kill('SIGKILL');
          await system.facade().ended;
          await system.startFacade();
          await sleep(SCRAPED_MS * system.pauseScale);
        }
      },
      mend: () => Promise.resolve(),
    },
    {
      name: 'the connector does nothing',
      ...{ alert: 'TraderConnectorSilent', labels: { part: 'connector', board: 'near' } },
      ...{ consequences: ['TraderProcessAway', 'TraderQueueNotWorked'] },
      make: () => Promise.resolve(system.connector().child.kill('SIGSTOP')),
      mend: () => Promise.resolve(system.connector().child.kill('SIGCONT')),
    },
    {
      name: 'an event loop stalls',
      ...{ alert: 'TraderEventLoopStalled', labels: { instance: instances.near } },
      make: async () => {
        near.run().child.kill('SIGSTOP');
        await sleep(STALL_MS);
        near.run().child.kill('SIGCONT');
      },
      mend: () => Promise.resolve(),
    },
  ];
}
