const HEADER_TEXT_MAX = 120;

/** What a header can carry: other characters become question marks. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, HEADER_TEXT_MAX);
}
