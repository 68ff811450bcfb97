// What the demo's telephones offer to answer.
import type { PhoneText } from './contract';

/** The answers that the last text names which names any: "Reply OK 12 to take it, NO 12 to pass it on." */
export function offered(texts: PhoneText[]): string[] {
  for (const { own, text } of [...texts].reverse()) {
    const named = own ? [] : (text.match(/\b(?:OK|NO|NEE) \d+\b/g) ?? []);
    if (named.length) return [...new Set(named)];
  }
  return [];
}
