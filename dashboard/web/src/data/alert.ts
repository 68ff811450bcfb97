// What a screen that sounds sounds for, and what of it was silenced. Pure: `sound.svelte.ts` makes it heard.
import type { Alarm } from './contract';

/** Why it sounds. */
export type Why = 'critical' | 'untold' | 'lost';

/** One thing that it sounds for: the key names the occurrence. */
export interface Call {
  key: string;
  why: Why;
}

/** A moment without contact is none: the page comes back by itself. */
export const LOST_MS = 10_000;
/** How long a press of the button keeps it silent. */
export const SILENCE_MS = 300_000;
/** What says that nobody hears of alarms, whatever its priority. */
const UNTOLD = ['delivery-failed', 'no-channel', 'drill-failed', 'commits-fail'];

/** What it sounds for now: what is critical and nobody has, that people cannot be told, that the server is not heard. A drill is none of these. */
export function calls(alarms: Iterable<Alarm>, lostFor: number): Call[] {
  const found: Call[] = lostFor >= LOST_MS ? [{ key: 'lost', why: 'lost' }] : [];
  for (const alarm of alarms) {
    if (alarm.drill || alarm.state !== 'active-unacknowledged') continue;
    const why: Why | null = UNTOLD.includes(alarm.rule) ? 'untold' : alarm.priority === 'critical' ? 'critical' : null;
    if (why) found.push({ key: `${alarm.id} ${alarm.raised_at}`, why });
  }
  return found;
}

/** What was silenced, and until when. */
export interface Silence {
  keys: string[];
  until: number;
}

/** What is heard: whatever is new since the button was pressed, and all of it once its time is over. */
export function heard(found: Call[], silence: Silence | null, now: number): Call[] {
  if (!silence || now >= silence.until) return found;
  return found.filter(({ key }) => !silence.keys.includes(key));
}
