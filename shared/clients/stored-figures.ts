/** Fundamentals as they are stored, without their days: what is not known is absent. */
import * as z from 'zod';

const figure = z.number().optional();

export const storedFigures = {
  peRatio: figure,
  pbRatio: figure,
  dividendYieldRatio: figure,
  marketCap: figure,
  profitMarginRatio: figure,
  returnOnEquityRatio: figure,
  debtToEquityRatio: figure,
  revenueGrowthRatio: figure,
  earningsGrowthRatio: figure,
  analystRating: figure,
};
