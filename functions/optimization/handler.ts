/** Generated from the catalogue by `npm run generate`: the optimization service in one function. */
import calculateRebalancing from './calculate-rebalancing/handler.ts';
import optimizeAllocation from './optimize-allocation/handler.ts';
import optimizeExecution from './optimize-execution/handler.ts';
import { optimization } from '#shared/contract/optimization.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('optimization', optimization, {
  calculateRebalancing,
  optimizeAllocation,
  optimizeExecution,
});
