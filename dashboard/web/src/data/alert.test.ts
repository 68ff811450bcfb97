// What a screen sounds for, and what of it is silenced.
import { expect, test } from 'vitest';

import { LOST_MS, SILENCE_MS, calls, heard } from './alert';
import type { Alarm } from './contract';

const alarm = (id: number, more: Partial<Alarm>): Alarm =>
  ({ id, rule: 'water', priority: 'critical', state: 'active-unacknowledged', raised_at: '2026-11-28T12:00:00Z', drill: false, ...more }) as Alarm;
const why = (...alarms: Alarm[]): string[] => calls(alarms, 0).map((call) => call.why);

test('it sounds for what is critical and nobody has, and for what keeps people from being told', () => {
  expect(why(alarm(1, {}))).toEqual(['critical']);
  expect(why(alarm(1, { state: 'active-acknowledged' }), alarm(2, { state: 'returned-unacknowledged' }), alarm(3, { state: 'shelved' }))).toEqual([]);
  expect(why(alarm(1, { priority: 'high' }))).toEqual([]);
  expect(why(alarm(1, { priority: 'high', rule: 'delivery-failed' }), alarm(2, { priority: 'high', rule: 'drill-failed' }))).toEqual(['untold', 'untold']);
  expect(why(alarm(1, { rule: 'drill', drill: true }))).toEqual([]);
});

test('a lost server sounds once it was away for a while', () => {
  expect(calls([], LOST_MS - 1)).toEqual([]);
  expect(calls([], LOST_MS)).toEqual([{ key: 'lost', why: 'lost' }]);
});

test('a silence is of what sounded, and ends', () => {
  const found = calls([alarm(1, {})], 0);
  const silence = { keys: found.map(({ key }) => key), until: SILENCE_MS };
  expect(heard(found, silence, 0)).toEqual([]);
  expect(heard(found, silence, SILENCE_MS)).toEqual(found);
  expect(heard(calls([alarm(1, { raised_at: '2026-11-28T12:01:00Z' })], 0), silence, 0)).toHaveLength(1);
  expect(heard(calls([alarm(1, {}), alarm(2, {})], 0), silence, 0)).toHaveLength(1);
});
