import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DAY_MS, instantOf } from '#shared/kernel/instant.ts';
import type { InventedFault } from './invented-fault.ts';
import { DISK_BYTES, hasClock, hasDisk, type NightSystem } from './night-system.ts';

export function faultsOfBoard({
  certificates,
  keyFile,
  setClock,
  near,
  far,
}: NightSystem): InventedFault[] {
  const board = near.name;
  const issued = (daysAgo: number) =>
    certificates.issue({ name: 'near', sans: [] }, instantOf(Date.now() - daysAgo * DAY_MS));
  let key = Buffer.alloc(0);
  const diskOf = ({ name, dataDir }: typeof near): InventedFault => ({
    name: `the disk of the board ${name} is full`,
    ...{ alert: 'TraderDiskFull', labels: { board: name }, notice: 'disk-full' },
    make: () => writeFile(join(dataDir, 'filling'), Buffer.alloc(DISK_BYTES * 0.93)),
    mend: () => rm(join(dataDir, 'filling')),
  });
  const logOf = ({ name, dataDir }: typeof near): InventedFault => {
    const folder = join(dataDir, 'log');
    return {
      name: `the log of the board ${name} cannot be written`,
      ...{ alert: 'TraderLogNotWritten', labels: { board: name }, notice: 'log-not-written' },
      make: async () => {
        await rename(folder, `${folder}-aside`);
        await writeFile(folder, 'no folder');
      },
      mend: async () => {
        await rm(folder);
        await rename(`${folder}-aside`, folder);
      },
    };
  };
  const clockOf = (one: 'near' | 'far', offset: string): InventedFault => ({
    name: `the clock of the board ${one} is wrong by ${offset}`,
    ...{ alert: 'TraderClockWrong', labels: { board: one }, notice: 'clock-wrong' },
    make: () => setClock(one, offset),
    mend: () => setClock(one, '+0'),
  });
  const offsets = ['+600', '-600'];
  const clocks = (['near', 'far'] as const).flatMap((one) =>
    offsets.map((offset) => clockOf(one, offset)),
  );
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
    ...[near, far].map(logOf),
    ...(hasDisk ? [near, far].map(diskOf) : []),
    ...(hasClock ? clocks : []),
  ];
}
