// Windows that fit a chart, and episodes as they are drawn.
import { expect, test } from 'vitest';

import { step } from './history';
import { drawn } from './stood';

test('a chart has some 300 points whatever its span', () => {
  const hour = 3_600_000;
  expect(step(0, hour)).toEqual({ seconds: 10, text: '10s' });
  expect(step(0, 24 * hour).seconds).toBe(300);
  expect(step(0, 400 * 24 * hour).seconds).toBe(7200);
});

test('an episode that stands reaches to the end of the span', () => {
  const episode = { alarm: 7, name: 'Inlet too warm', room: 'room-a', agent: 'pi', sensor_name: 'Inlet A3', priority: 'high' as const, raised_at: '2026-06-18T03:12:05.000Z', returned_at: null };
  const to = Date.parse('2026-06-18T04:00:00Z');
  expect(drawn(episode, to)).toMatchObject({ name: 'Inlet too warm, Inlet A3', to, active: true });
  const over = drawn({ ...episode, sensor_name: null, returned_at: '2026-06-18T03:20:00.000Z' }, to);
  expect(over).toMatchObject({ name: 'Inlet too warm', to: Date.parse('2026-06-18T03:20:00Z'), active: false });
});
