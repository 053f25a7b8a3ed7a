/** The files that list securities without their prices. */

/** Where the two files may lie. */
export interface ListingPlace {
  /** For a person. */
  readonly name: string;
  /** Changes with the files; empty where there is no `securities.csv`. */
  stamp(): Promise<string>;
  read(file: ListingFile): Promise<Uint8Array | undefined>;
}

export const listingFiles = ['securities.csv', 'symbols.csv'] as const;
export type ListingFile = (typeof listingFiles)[number];
