/**
 * `lastStatusChange` of GraphQL is a sentence and a JavaScript date: "Exited by user: Fri Jul 12 2024 15:14:40 GMT-0400
 * (Eastern Daylight Time)". It is the only reason for a stop that RunPod gives.
 */
export function readSaid(text: string): { at: number | null; text: string } {
  const [, words = text, date = ''] = /^([^:]+(?:: (?=[A-Z][a-z]+ balance)[^:]+)?): (.*)$/s.exec(text) ?? [];
  const at = Date.parse(date.replace(/\s*\(.*$/, ''));
  return Number.isNaN(at) ? { at: null, text: text.slice(0, 80) } : { at, text: words.slice(0, 80) };
}

/** Outbid by somebody who pays more. */
export const outbid = (said: string | null): boolean => said !== null && /outbid/i.test(said);
