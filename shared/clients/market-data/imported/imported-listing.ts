/** `securities.csv` and `symbols.csv` of the import that stands, for live sources. */
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import type { ListingPlace } from '../csv/listing-place.ts';
import { readStoredFile, storedFileField } from './imported-files.ts';

export function importedListing({ redis }: Pick<Database, 'redis'>): ListingPlace {
  const current = (): Promise<string | null> => redis.get(keys.universe.importedCurrent());
  return {
    name: 'a securities.csv imported by `trader import-prices`',
    stamp: async () => (await current()) ?? '',
    read: async (name) => {
      const version = await current();
      const field =
        version === null
          ? null
          : await redis.hget(keys.universe.imported(version), storedFileField(name));
      return field === null ? undefined : readStoredFile(field);
    },
  };
}
