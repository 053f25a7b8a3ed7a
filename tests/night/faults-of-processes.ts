import { setTimeout as sleep } from 'node:timers/promises';
import type { InventedFault } from './invented-fault.ts';
import type { NightSystem } from './night-system.ts';

const STALL_MS = 5_000;

export function faultsOfProcesses(system: NightSystem): InventedFault[] {
  const { near, far, instances } = system;
  return [
    {
      name: 'a board is away',
      ...{ alert: 'TraderServiceUnhealthy', labels: { service: 'scoring', board: 'far' } },
      ...{ consequences: ['TraderProcessAway', 'TraderBoardNotCalled'], notice: 'board-away' },
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
