// The catalogues: the same keys, the same arguments, and a word for everything that the server may say.
import { expect, test } from 'vitest';

import document from '../../../openapi.json';
import { en } from './en';
import { nl } from './nl';

function shape(value: unknown, path = ''): string[] {
  if (typeof value === 'function') return [`${path}(${value.length})`];
  if (Array.isArray(value)) return [`${path}[${value.length}]`];
  if (value && typeof value === 'object') return Object.entries(value).flatMap(([key, one]) => shape(one, `${path}.${key}`));
  return [path];
}

test('both languages have the same keys', () => {
  expect(shape(nl).sort()).toEqual(shape(en).sort());
});

test('no word is empty, and a Dutch one is not the English function', () => {
  const empty = (words: unknown): string[] =>
    Object.entries(words as object).flatMap(([key, one]) => (one === '' ? [key] : one && typeof one === 'object' && !Array.isArray(one) ? empty(one) : []));
  expect(empty(en)).toEqual([]);
  expect(empty(nl)).toEqual([]);
});

test('every word of the contract can be said', () => {
  const words = (name: keyof typeof document.components.schemas): string[] => (document.components.schemas[name] as { enum: string[] }).enum;
  for (const catalogue of [en, nl]) {
    const lacking = (name: Parameters<typeof words>[0], said: object): string[] => words(name).filter((word) => !(word in said));
    expect(lacking('Priority', catalogue.priority)).toEqual([]);
    expect(lacking('AlarmState', catalogue.alarmState)).toEqual([]);
    expect(lacking('Cause', catalogue.cause)).toEqual([]);
    expect(lacking('Quantity', catalogue.quantity)).toEqual([]);
    expect(lacking('Fault', catalogue.fault)).toEqual([]);
    expect(lacking('Fault', catalogue.faultHelp)).toEqual([]);
    expect(lacking('DeliveryState', catalogue.alarm.delivery)).toEqual([]);
    expect(lacking('Clock', catalogue.agents.clockWord)).toEqual([]);
  }
});
