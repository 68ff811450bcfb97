// Numbers, times and spans as people read them.
import { afterEach, expect, test } from 'vitest';

import { language } from '../words/words.svelte';
import { clock, colons, compact, exact, full, midnight, number, objective, percent, short, span, startOfDay } from './format';

afterEach(() => language.choose('en'));
const ZONE = 'Europe/Amsterdam';

test('a number has the decimals that were asked for and no negative zero', () => {
  expect(number(29.44, 1)).toBe('29.4');
  expect(number(-0.04, 1)).toBe('0.0');
  expect(number(1234567)).toBe('1,234,567');
  language.choose('nl');
  expect(number(29.44, 1)).toBe('29,4');
});

test('a ratio is cut and never rounded up to 100', () => {
  expect(percent(0.999_999_9)).toBe('99.999');
  expect(percent(1)).toBe('100.000');
  expect(percent(0.998_999_9)).toBe('99.899');
  expect(objective(0.9995)).toBe('99.95 %');
});

test('a span is in one unit or two', () => {
  const cases: [number, string][] = [
    [26_000, '26 s'],
    [59_600, '1 min'],
    [4 * 60_000, '4 min'],
    [2 * 3_600_000, '2 h'],
    [2 * 3_600_000 + 48 * 60_000, '2 h 48 min'],
    [24 * 3_600_000, '1 day'],
    [72 * 3_600_000, '3 days'],
    [-5, '0 s'],
  ];
  for (const [milliseconds, expected] of cases) expect(span(milliseconds)).toBe(expected);
});

test('sums are to the second', () => {
  const long = (406 * 3600 + 59 * 60 + 1) * 1000;
  expect(exact(long)).toBe('406 h 59 min 01 s');
  expect(colons(long)).toBe('406:59:01');
  expect(compact(4 * 3_600_000)).toBe('4 h');
  expect(compact(6 * 60_000)).toBe('6 min');
  expect(compact(6 * 60_000 + 10_000)).toBe('6 min 10 s');
});

test('times are those of the zone, with the zone in full', () => {
  expect(clock('2026-06-18T01:12:05Z', ZONE)).toBe('03:12:05');
  expect(full('2026-06-18T01:12:05Z', ZONE)).toContain('CEST');
});

test('a day begins at local midnight, also where the clock changes', () => {
  expect(new Date(midnight(2026, 2, 29, ZONE)).toISOString()).toBe('2026-03-28T23:00:00.000Z');
  expect(new Date(midnight(2026, 2, 30, ZONE)).toISOString()).toBe('2026-03-29T22:00:00.000Z');
  expect(new Date(startOfDay(Date.parse('2026-10-25T12:00:00Z'), ZONE)).toISOString()).toBe('2026-10-24T22:00:00.000Z');
});

test('today is told by the clock, another day by its name', () => {
  const now = Date.parse('2026-06-18T10:00:00Z');
  expect(short('2026-06-18T01:12:05Z', now, ZONE)).toBe('03:12:05');
  expect(short('2026-06-17T01:12:05Z', now, ZONE)).toBe('Wed 17 June, 03:12');
});
