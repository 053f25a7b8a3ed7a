/** Every category of rows that the project answers. */
import type { Adapter } from './row.ts';

export const adapters: readonly Adapter[] = [];
