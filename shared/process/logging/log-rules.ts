/** Which lines of the log are written: the level of each module, and what they may contain. */
import { bad, oneOf } from '../settings/setting-row.ts';

export const levels = ['debug', 'info', 'warn', 'error'] as const;
export type Level = (typeof levels)[number];

/** Parts of the system whose level can be set by itself: the processes, and the seven services. */
export const logModules = [
  'runtime',
  'connector',
  'facade',
  'home',
  'page',
  'universe',
  'portfolio',
  'scoring',
  'optimization',
  'trading',
  'planning',
  'gateway',
] as const;

export interface LogRules {
  readonly least: Level;
  readonly ofModule: ReadonlyMap<string, Level>;
  readonly showsMoney: boolean;
}

interface LogSettings {
  readonly logLevel: Level;
  readonly logLevels: ReadonlyMap<string, Level>;
  readonly logMoney: 'on' | 'off';
}

export function logRulesOf({ logLevel, logLevels, logMoney }: LogSettings): LogRules {
  return { least: logLevel, ofModule: logLevels, showsMoney: logMoney === 'on' };
}

/** Reads `connector=debug,facade=warn`. @throws Failure INVALID_REQUEST */
export function moduleLevels(text: string): ReadonlyMap<string, Level> {
  if (text === 'none') return new Map();
  return new Map(text.split(',').map(moduleLevel));
}

const isModule = oneOf(...logModules);
const isLevel = oneOf(...levels);

function moduleLevel(entry: string): [string, Level] {
  const [module = '', level, ...rest] = entry.trim().split('=');
  if (level === undefined || rest.length > 0) return bad('entries of the form MODULE=LEVEL');
  return [isModule(module), isLevel(level)];
}
