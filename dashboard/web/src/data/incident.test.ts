// The order of an incident's alarms, and who has it.
import { expect, test } from 'vitest';

import { heldBy, partsOf, withNotes } from './incident.svelte';
import type { Alarm, Incident, TimelineEntry } from './contract';

const alarm = (id: number, priority: string, by: string | null): Alarm =>
  ({ id, priority, raised_at: `2026-11-26T03:0${id}:00.000Z`, acknowledged: by && { by, at: '2026-11-26T03:10:00.000Z', comment: '' } }) as Alarm;
const member = (id: number, over: string | null): Incident['members'][number] => ({ alarm: id, priority: 'high', raised_at: '', over_at: over });

test('the first cause stands first, then what stands, the worst first, then what is over', () => {
  const suppressed = { ...alarm(6, 'low', null), state: 'suppressed' } as Alarm;
  const known = new Map([suppressed, alarm(1, 'low', 'Anna'), alarm(2, 'critical', null), alarm(3, 'high', 'Anna'), alarm(4, 'critical', 'Bert')].map((one) => [one.id, one]));
  const members = [member(1, null), member(2, null), member(3, null), member(6, null), member(4, '2026-11-26T03:20:00.000Z'), member(5, null)];
  const parts = partsOf({ members, first_cause: { id: 3 } } as unknown as Incident, known);
  expect(parts.map((part) => part.alarm.id)).toEqual([3, 2, 6, 1, 4]);
  expect(heldBy(parts)).toEqual({ names: ['Anna'], free: 1, standing: 3 });
});

test('nobody is asked for what something lies over', () => {
  for (const state of ['shelved', 'out-of-service', 'suppressed', 'work']) {
    const parts = [{ alarm: { ...alarm(1, 'low', null), state } as Alarm, overAt: null, isFirst: false }];
    expect(heldBy(parts), state).toEqual({ names: [], free: 0, standing: 0 });
  }
});

test('what was noted here stays, once and in its place, whichever load comes after it', () => {
  const entry = (second: number, number: number): TimelineEntry =>
    ({ at: `2026-11-26T03:00:0${second}.000Z`, kind: 'note', event: null, message: null, note: { number, text: '' } }) as unknown as TimelineEntry;
  const numbers = (timeline: TimelineEntry[]): number[] => timeline.map((one) => one.note?.number ?? 0);
  expect(numbers(withNotes([entry(1, 1), entry(3, 3)], [entry(2, 2)]))).toEqual([1, 2, 3]);
  expect(numbers(withNotes([entry(1, 1), entry(2, 2)], [entry(2, 2)]))).toEqual([1, 2]);
});
