// A rota's calendar: its weeks, and where a shift lies in one in which the clock changes.
import { expect, test } from 'vitest';

import type { CalendarDay } from './contract';
import { after, monday, placed, weeksOf } from './duty.svelte';

const HOUR = 3_600_000;
/** The week of 23 March 2026 in Amsterdam: its Sunday has 23 hours. */
const week: CalendarDay[] = Array.from({ length: 7 }, (_, index) => {
  const from = Date.parse('2026-03-22T23:00:00Z') + index * 24 * HOUR;
  const to = from + (index === 6 ? 23 : 24) * HOUR;
  return { date: '', from: new Date(from).toISOString(), to: new Date(to).toISOString(), holiday: null, change: null };
});

test('a calendar begins on the Monday by the rota’s clock', () => {
  expect(new Date(monday(Date.parse('2026-03-29T12:00:00Z'), 'Europe/Amsterdam')).toISOString()).toBe('2026-03-22T23:00:00.000Z');
  expect(new Date(monday(Date.parse('2026-03-29T12:00:00Z'), 'Europe/Amsterdam', 1)).toISOString()).toBe('2026-03-29T22:00:00.000Z');
});

test('a shift lies where it is on each day, however long the day is', () => {
  expect(placed(week, '2026-03-23T11:00:00Z', '2026-03-24T11:00:00Z')).toEqual({ left: 0.5 / 7, width: expect.closeTo(1 / 7, 9) });
  // Noon of the day of 23 hours is after 11 of them.
  expect(placed(week, '2026-03-29T10:00:00Z', '2026-04-02T00:00:00Z')?.left).toBeCloseTo((6 + 11 / 23) / 7, 9);
  expect(placed(week, '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z')).toBeNull();
  expect(placed(week, '2026-04-01T00:00:00Z', '2026-04-02T00:00:00Z')).toBeNull();
  expect(weeksOf([...week, ...week]).map((row) => row.length)).toEqual([7, 7]);
});

test('the day after a date begins at its midnight', () => {
  expect(after('2026-12-31')).toBe('2027-01-01T00:00');
  expect(after('2026-03-28')).toBe('2026-03-29T00:00');
});
