// Where the values of a floor plan are written.
import { expect, test } from 'vitest';

import { bad, input, room, sensor } from '../../check/inputs';
import { layOut } from './plan';

const ground = { x: (at: number) => at * 100, y: (at: number) => at * 80, least: 3, most: 797, high: 400 };
const rack = { id: 'a1', name: 'A1', x_m: 2, y_m: 1, width_m: 0.6, depth_m: 1 };

test('only what has a place is drawn, the worst first', () => {
  const inlet = (name: string, x: number): ReturnType<typeof sensor> => sensor(name, { place: 'inlet', x_m: x, y_m: 3 });
  const now = room([
    input(inlet('a', 1), 'temperature', 22),
    input(sensor('nowhere'), 'temperature', 22),
    input(inlet('b', 4), 'temperature', 29, bad('high')),
  ]);
  const labels = layOut(now, ground);
  expect(labels.map((label) => [label.name, label.mark])).toEqual([
    ['b', 'high'],
    ['a', null],
  ]);
  expect(labels[0]?.text).toBe('29.0');
});

test('labels lie neither over one another nor over a rack, and within the walls', () => {
  const names = ['a', 'b', 'c', 'd'];
  const now = room(
    names.map((name, index) => input(sensor(name, { place: 'inlet', rack: 'a1', x_m: 2 + index * 0.2, y_m: 0.9 }), 'temperature', 22)),
    { racks: [rack] },
  );
  const labels = layOut(now, ground);
  expect(labels).toHaveLength(4);
  for (const label of labels) {
    expect(label.left).toBeGreaterThanOrEqual(ground.least);
    expect(label.top + 19 <= 80 || label.top >= 160).toBe(true);
  }
  const places = new Set(labels.map((label) => `${label.left} ${label.top}`));
  expect(places.size).toBe(4);
});

test('of a UPS the minutes are told, and its flags stay quiet', () => {
  const ups = sensor('ups', { place: 'ups', name: 'UPS A', x_m: 6, y_m: 4 });
  const [label] = layOut(room([input(ups, 'ups-on-battery', 0), input(ups, 'load', 0.4), input(ups, 'battery-runtime', 1800)]), ground);
  expect(label?.input.quantity).toBe('battery-runtime');
  expect(label?.text).toBe('30 min');
});

test('a missing value says why', () => {
  const lost = sensor('a', { place: 'inlet', x_m: 1, y_m: 3 });
  const [label] = layOut(room([input(lost, 'temperature', null, { state: 'fault', fault: 'timeout' })]), ground);
  expect(label?.mark).toBe('unknown');
  expect(label?.text).not.toBe('');
});
