// What a chart computes before it is painted.
import { expect, test } from 'vitest';

import { scaleOf } from '../data/scale';
import { en } from '../words/en';
import { colourBeyond } from './layers';
import { align, bounds, instants, type PlotInput } from './plot';

const every = 60_000;
const point = (at: number, mean: number): { at: number; min: number; mean: number; max: number } => ({ at, min: mean - 1, mean, max: mean + 1 });
const line = (points: ReturnType<typeof point>[], holes: { from: number; to: number }[] = []): PlotInput['lines'][number] => ({
  name: 'x',
  points,
  holes: holes.map((hole) => ({ ...hole, why: '', fault: false })),
  strong: true,
  every,
});
const BAND = scaleOf('temperature', {
  low: 18,
  high: 27,
  limits: [
    { value: 18, side: 'below', priority: 'medium' },
    { value: 27, side: 'above', priority: 'medium' },
    { value: 32, side: 'above', priority: 'critical' },
  ],
});

test('a hole breaks its own line and skips no other', () => {
  const [xs, broken, whole] = align([line([point(0, 20), point(300_000, 21)], [{ from: 60_000, to: 300_000 }]), line([point(120_000, 5)])], 1);
  expect(xs).toEqual([30, 150, 180, 330]);
  expect(broken).toEqual([20, null, null, 21]);
  expect(whole).toEqual([undefined, 5, undefined, undefined]);
});

test('the scale holds the data and the near limits, and noise does not fill it', () => {
  const input = { quantity: 'temperature', lines: [line([point(0, 22), point(60_000, 22.1)])], band: BAND, state: false, words: en } as unknown as PlotInput;
  const [low, high] = bounds(input);
  expect(low).toBeLessThan(18);
  expect(high).toBeGreaterThan(27);
  const [least, most] = bounds({ ...input, band: null });
  expect(most - least).toBeGreaterThan(4);
});

test('what lies above the band has the colour of the worst line that it crosses', () => {
  expect([26, 27, 28, 33].map((peak) => colourBeyond(BAND!, peak))).toEqual([null, null, 'medium', 'critical']);
});

test('an axis has round instants, and days begin at midnight', () => {
  const from = Date.parse('2026-06-18T00:07:00Z');
  expect(instants(from, from + 3_600_000, 6)).toEqual([10, 20, 30, 40, 50, 60].map((minute) => Date.parse('2026-06-18T00:00:00Z') / 1000 + minute * 60));
  for (const at of instants(from, from + 14 * 86_400_000, 7)) expect((at * 1000) % 86_400_000).toBe(0);
});
