// A room's power chain.
import { expect, test } from 'vitest';

import { input, sensor } from '../../check/inputs';
import { chainOf, mainsStand } from './power';

const ups = sensor('ups', { place: 'ups', name: 'UPS A' });
const mains = sensor('mains', { place: 'mains' });

test('a room without power sensors has no chain', () => {
  expect(chainOf([input(sensor('inlet'), 'temperature', 22)])).toBeNull();
});

test('the UPS says whether it carries the load', () => {
  const chain = chainOf([input(ups, 'ups-on-battery', 1), input(ups, 'battery-runtime', 720), input(ups, 'load', 0.4)]);
  expect(chain?.ups).toMatchObject({ name: 'UPS A', onBattery: true });
  expect(chain?.ups?.runtime?.value).toBe(720);
  expect(mainsStand(chain!)).toBe(false);
});

test('what is not good says nothing', () => {
  const silent = chainOf([input(ups, 'ups-on-battery', 0, { state: 'old' })])!;
  expect(silent.ups?.onBattery).toBeNull();
  expect(mainsStand(silent)).toBeNull();
  const byLine = chainOf([input(ups, 'ups-on-battery', 0, { state: 'fault' }), input(ups, 'ups-on-line', 1)])!;
  expect(byLine.ups?.onBattery).toBe(false);
});

test('a contact at the mains is believed before the UPS', () => {
  const chain = chainOf([input(mains, 'mains-present', 1), input(ups, 'ups-on-battery', 1)])!;
  expect(mainsStand(chain)).toBe(true);
});

test('the racks have a sum while all of them are good', () => {
  const strips = [input(sensor('a'), 'power', 1500), input(sensor('b'), 'power', 2500)];
  expect(chainOf(strips)?.racks?.sum).toBe(4000);
  expect(chainOf([...strips, input(sensor('c'), 'power', null, { state: 'fault' })])?.racks?.sum).toBeNull();
});
