import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { anchorFiles } from '../../../scripts/anchors/files.ts';
import { inFolder } from '../../support/folders.ts';

const TEXT = 'Date,A\n2024-01-02,"1,5"\n2024-01-03,2,\n';
const REQUESTED = 'public/data/prices.csv';

function withFile<T>(path: string, work: (anchors: string) => Promise<T> | T): Promise<T> {
  return inFolder({ [path]: TEXT }, async (folder) => work(join(folder, 'anchors')));
}

describe('the data files of anchors', () => {
  it.each(['anchors/data/prices.csv', 'anchors/public/data/prices.csv', 'public/data/prices.csv'])(
    'are found at %s by the path from the folder that contains public',
    async (path) => {
      const text = await withFile(path, (anchors) => anchorFiles(anchors).text(REQUESTED));
      expect(text).toBe(TEXT);
    },
  );

  it('are read as rows of values, quoted ones and rows of other lengths too', async () => {
    const rows = await withFile('anchors/data/prices.csv', (anchors) =>
      anchorFiles(anchors).table(REQUESTED),
    );
    expect(rows).toEqual([
      ['Date', 'A'],
      ['2024-01-02', '1,5'],
      ['2024-01-03', '2', ''],
    ]);
  });

  it('are read once', async () => {
    await withFile('anchors/data/prices.csv', async (anchors) => {
      const files = anchorFiles(anchors);
      const first = files.table(REQUESTED);
      await rm(join(anchors, 'data'), { recursive: true });
      expect(files.table(REQUESTED)).toBe(first);
    });
  });

  it('are named in the error where they are missing', async () => {
    await withFile('anchors/data/prices.csv', (anchors) => {
      expect(() => anchorFiles(anchors).text('public/data/other.csv')).toThrow('data/other.csv');
    });
  });
});
