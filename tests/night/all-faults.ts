/** Every fault of a night. */
import { faultsOfBoard } from './faults-of-board.ts';
import { faultsOfBroker } from './faults-of-broker.ts';
import { faultsOfFunctions } from './faults-of-functions.ts';
import { faultsOfMarket } from './faults-of-market.ts';
import { faultsOfProcesses } from './faults-of-processes.ts';
import { faultsOfRedis } from './faults-of-redis.ts';
import { faultsOfWork } from './faults-of-work.ts';
import type { InventedFault } from './invented-fault.ts';
import type { NightSystem } from './night-system.ts';

export function allFaults(system: NightSystem): readonly InventedFault[] {
  return [
    ...faultsOfRedis(system),
    ...faultsOfProcesses(system),
    ...faultsOfFunctions(system),
    ...faultsOfWork(system),
    ...faultsOfBroker(system),
    ...faultsOfMarket(system),
    ...faultsOfBoard(system),
  ];
}
