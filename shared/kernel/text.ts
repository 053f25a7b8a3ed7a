/** How values are written in texts that people read. */

/** 0.307 → `30.7 %` */
export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}

/** For HTML, between tags and in attributes with double quotes. */
export function escapedHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
