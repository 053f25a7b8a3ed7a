/** Two boards partitioned from each other, in network namespaces. */
import { rm } from 'node:fs/promises';
import { bundleTests } from '../../scripts/soak/bundle.ts';
import { testNeeding } from '../support/needing.ts';
import { withoutNetwork } from './network.ts';
import { partitionRounds } from './partition-rounds.ts';

const SEED = process.env['SEED'] ?? 'partitions-1';

testNeeding(
  withoutNetwork(),
  'nothing is lost, doubled or untrue while boards lose each other, and trading goes on',
  async () => {
    console.info(`seed ${SEED}`);
    const bundle = await bundleTests(
      process.cwd(),
      'tests/partitions/trading-process.ts',
      'partition-worker',
    );
    try {
      const report = await partitionRounds({ seed: SEED, rounds: 5, bundle });
      expect(report).toMatchObject({ lost: 0, doubled: 0, untrue: 0 });
      expect(report.acknowledged).toBeGreaterThan(10);
    } finally {
      await rm(bundle, { force: true });
    }
  },
  180_000,
);
