// Where the reader is.
import { beforeEach, expect, test } from 'vitest';

import { hear, standAt } from '../../check/globals';
import { roomPath, router } from './router.svelte';

beforeEach(() => standAt('/'));

const click = (link: Record<string, unknown>, changes: Record<string, unknown> = {}): { prevented: boolean } => {
  const seen = { prevented: false };
  const whole = { origin: location.origin, target: '', search: '', hash: '', hasAttribute: () => false, ...link };
  const target = { closest: () => whole };
  hear('click', { button: 0, target, preventDefault: () => (seen.prevented = true), ...changes });
  return seen;
};

test('the path comes in decoded parts', () => {
  router.go('/rooms/room%20a?range=24h');
  expect(router.parts).toEqual(['rooms', 'room a']);
  expect(router.query.get('range')).toBe('24h');
  standAt('/alarms/7');
  expect(router.parts).toEqual(['alarms', '7']);
});

test('the query changes without the path', () => {
  router.go('/rooms/room-a?range=24h');
  router.setQuery({ range: null, from: '2026-06-18T03:12:05Z' });
  expect(location.pathname + location.search).toBe('/rooms/room-a?from=2026-06-18T03%3A12%3A05Z');
  router.setQuery({ from: null });
  expect(location.search).toBe('');
});

test('a link is followed without loading, but for those of the server and of others', () => {
  expect(click({ pathname: '/alarms/7' }).prevented).toBe(true);
  expect(router.path).toBe('/alarms/7');
  for (const link of [{ pathname: '/api/v1/services/a/report' }, { pathname: '/a/secret' }, { pathname: '/x', origin: 'https://example.org' }, { pathname: '/x', target: '_blank' }])
    expect(click(link).prevented).toBe(false);
  expect(click({ pathname: '/rooms' }, { ctrlKey: true }).prevented).toBe(false);
  expect(router.path).toBe('/alarms/7');
});

test('what stands in no room has an address too', () => {
  expect(roomPath('')).toBe('/rooms/-');
  expect(roomPath('room-a')).toBe('/rooms/room-a');
});
