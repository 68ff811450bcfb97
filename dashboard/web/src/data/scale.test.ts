// The bar on which the bands of all quantities line up.
import { expect, test } from 'vitest';

import type { Band } from './contract';
import { scaleOf } from './scale';

const INLET: Band = {
  low: 18,
  high: 27,
  limits: [
    { value: 15, side: 'below', priority: 'high' },
    { value: 18, side: 'below', priority: 'medium' },
    { value: 27, side: 'above', priority: 'medium' },
    { value: 32, side: 'above', priority: 'critical' },
  ],
};

test('the normal band lies in the same place whatever the quantity', () => {
  const scale = scaleOf('temperature', INLET)!;
  expect([scale.from, scale.to]).toEqual([25, 65]);
  expect(scale.place(22.5)).toBe(45);
  expect(scale.ticks.map((tick) => tick.value)).toEqual([15, 18, 27, 32]);
  expect(scale.place(-100)).toBe(0);
  expect(scale.place(100)).toBe(100);
});

test('where nothing is too low the bar begins at the quantity', () => {
  const scale = scaleOf('load', { low: null, high: 0.8, limits: [{ value: 0.8, side: 'above', priority: 'high' }] })!;
  expect([scale.from, scale.to]).toEqual([0, 65]);
  expect(scale.place(0)).toBe(0);
});

test('where nothing is too high the bar ends at the quantity', () => {
  const scale = scaleOf('battery-charge', { low: 50, high: null, limits: [{ value: 50, side: 'below', priority: 'high' }] })!;
  expect([scale.from, scale.to]).toEqual([35, 100]);
  expect(scale.place(100)).toBe(100);
});

test('without a band there is no bar', () => expect(scaleOf('temperature', null)).toBeNull());
