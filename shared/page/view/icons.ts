/** The few signs of the page, as inline pictures; text beside them says the same. */
import { Html } from './html.ts';

function icon(path: string): Html {
  return new Html(
    `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${path}</svg>`,
  );
}

export const icons = {
  good: icon('<path d="M5 12.5l4.5 4.5L19 7.5"/>'),
  stop: icon('<rect x="6" y="6" width="12" height="12" rx="1.5" class="fill"/>'),
  reduce: icon('<path d="M4 7h16l-8 11z"/>'),
  warn: icon('<path d="M12 4l9 16H3zM12 10v4.5M12 17.2v.1"/>'),
  wait: icon('<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.5l3.5 2"/>'),
  work: icon('<path d="M20 12a8 8 0 1 1-3-6.2M20 4v4.5h-4.5"/>'),
  unknown: icon('<path d="M8.5 9a3.5 3.5 0 1 1 5 3.2c-1 .5-1.5 1-1.5 2.3M12 18v.1"/>'),
  eye: icon(
    '<path d="M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z"/><circle cx="12" cy="12" r="2.8"/>',
  ),
} as const;
