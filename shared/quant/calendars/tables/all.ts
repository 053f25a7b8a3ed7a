/** Every table, by exchange; written by scripts/generate/calendar-tables.py. */
import type { CalendarTable } from '../calendar-table.ts';
import { xnys } from './xnys.ts';
import { xtse } from './xtse.ts';
import { xlon } from './xlon.ts';
import { xdub } from './xdub.ts';
import { xetr } from './xetr.ts';
import { xfra } from './xfra.ts';
import { xpar } from './xpar.ts';
import { xams } from './xams.ts';
import { xbru } from './xbru.ts';
import { xlis } from './xlis.ts';
import { xmil } from './xmil.ts';
import { xmad } from './xmad.ts';
import { xswx } from './xswx.ts';
import { xwbo } from './xwbo.ts';
import { xsto } from './xsto.ts';
import { xhel } from './xhel.ts';
import { xcse } from './xcse.ts';
import { xosl } from './xosl.ts';
import { xice } from './xice.ts';
import { xwar } from './xwar.ts';
import { xpra } from './xpra.ts';
import { xbud } from './xbud.ts';
import { asex } from './asex.ts';
import { xlux } from './xlux.ts';
import { xtks } from './xtks.ts';
import { xhkg } from './xhkg.ts';
import { xses } from './xses.ts';
import { xkrx } from './xkrx.ts';
import { xtai } from './xtai.ts';
import { xshg } from './xshg.ts';
import { xbom } from './xbom.ts';
import { xasx } from './xasx.ts';
import { xnze } from './xnze.ts';
import { xjse } from './xjse.ts';
import { bvmf } from './bvmf.ts';
import { xmex } from './xmex.ts';

export const calendarTables: readonly CalendarTable[] = [
  xnys,
  xtse,
  xlon,
  xdub,
  xetr,
  xfra,
  xpar,
  xams,
  xbru,
  xlis,
  xmil,
  xmad,
  xswx,
  xwbo,
  xsto,
  xhel,
  xcse,
  xosl,
  xice,
  xwar,
  xpra,
  xbud,
  asex,
  xlux,
  xtks,
  xhkg,
  xses,
  xkrx,
  xtai,
  xshg,
  xbom,
  xasx,
  xnze,
  xjse,
  bvmf,
  xmex,
];
