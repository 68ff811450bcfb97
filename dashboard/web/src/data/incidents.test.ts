// Alarms of one incident stand together.
import { expect, test } from 'vitest';

import type { Alarm, Incident } from './contract';
import { together } from './incidents.svelte';

const alarm = (id: number): Alarm => ({ id }) as Alarm;
const incident = (id: number, first: number, members: number[]): Incident =>
  ({ id, first_cause: alarm(first), members: members.map((member) => ({ alarm: member })) }) as Incident;
const numbers = (alarms: number[], open: Incident[]): [number, number[]][] =>
  together(alarms.map(alarm), open).map((row) => [row.alarm.id, row.others.map((other) => other.id)]);

test('alarms of one incident stand below the one that the others come from, where the worst of them stood', () => {
  expect(numbers([1, 2, 3, 4], [incident(9, 3, [1, 3, 4])])).toEqual([
    [3, [1, 4]],
    [2, []],
  ]);
});

test('they stand below the first of them where their cause is not in the list', () => {
  expect(numbers([1, 2, 3], [incident(9, 7, [7, 2, 3])])).toEqual([
    [1, []],
    [2, [3]],
  ]);
});

test('where nothing is known of an incident each stands by itself', () => {
  expect(numbers([1, 2], [])).toEqual([
    [1, []],
    [2, []],
  ]);
});
