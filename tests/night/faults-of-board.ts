import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import type { InventedFault } from './invented-fault.ts';
import { DISK_BYTES, hasClock, hasDisk, type NightSystem } from './night-system.ts';

export function faultsOfBoard({
  certificates,
  keyFile,
  setClock,
  near,
}: NightSystem): InventedFault[] {
  const board = near.name;
  const issued = (daysAgo: number) =>
    certificates.issue({ name: 'near', sans: [] }, instantOf(Date.now() - daysAgo * DAY_MS));
  let key = Buffer.alloc(0);
  const filling = join(near.dataDir, 'filling');
  const disk: InventedFault = {
    name: 'the disk is full',
    ...{ alert: 'TraderDiskFull', labels: { board }, notice: 'disk-full' },
    make: () => writeFile(filling, Buffer.alloc(DISK_BYTES * 0.93)),
    mend: () => rm(filling),
  };
  const clockOf = (one: 'near' | 'far'): InventedFault => ({
    name: `the clock of the board ${one} is wrong`,
    ...{ alert: 'TraderClockWrong', labels: { board: one }, notice: 'clock-wrong' },
    make: () => setClock(one, '+600'),
    mend: () => setClock(one, '+0'),
  });
  return [
    {
      name: 'a certificate ends',
      ...{ alert: 'TraderCertificateEnds', labels: { board }, notice: 'certificate-ends' },
      make: () => issued(55),
      mend: () => issued(30),
    },
    {
      name: 'a certificate is renewed wrong',
      ...{ alert: 'TraderCertificateRefused', labels: { board }, notice: 'certificate-ends' },
      make: async () => {
        key = await readFile(keyFile);
        await writeFile(keyFile, 'cut off');
      },
      mend: () => writeFile(keyFile, key),
    },
    ...(hasDisk ? [disk] : []),
    ...(hasClock ? [clockOf('near'), clockOf('far')] : []),
  ];
}
