// The catalogues: the same keys, the same arguments, and a word for everything that the server may say.
import { expect, test } from 'vitest';

import document from '../../../openapi.json';
import { en } from './en';
import { incidentWords } from './incidents';
import { nl } from './nl';
import { QUANTITIES } from './quantities';

function shape(value: unknown, path = ''): string[] {
  if (typeof value === 'function') return [`${path}(${value.length})`];
  if (Array.isArray(value)) return [`${path}[${value.length}]`];
  if (value && typeof value === 'object') return Object.entries(value).flatMap(([key, one]) => shape(one, `${path}.${key}`));
  return [path];
}

function empty(words: unknown): string[] {
  return Object.entries(words as object).flatMap(([key, one]) => (one === '' ? [key] : one && typeof one === 'object' ? empty(one) : []));
}

test('both languages have the same keys', () => {
  expect(shape(nl).sort()).toEqual(shape(en).sort());
});

test('what comes with a screen alone has both languages too', () => {
  expect(shape(incidentWords.nl).sort()).toEqual(shape(incidentWords.en).sort());
  expect(empty(incidentWords)).toEqual([]);
});

test('no word is empty, and a Dutch one is not the English function', () => {
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
    expect(lacking('Quantity', QUANTITIES)).toEqual([]);
    expect(lacking('SignOnReason', catalogue.signOn.reasons)).toEqual([]);
    expect(lacking('Fault', catalogue.fault)).toEqual([]);
    expect(lacking('Fault', catalogue.faultHelp)).toEqual([]);
    expect(lacking('DeliveryState', catalogue.alarm.delivery)).toEqual([]);
    expect(lacking('Clock', catalogue.agents.clockWord)).toEqual([]);
    const incidents = incidentWords[catalogue === en ? 'en' : 'nl'];
    expect(lacking('TestEnding', catalogue.duty.testEnding)).toEqual([]);
    expect(lacking('TestEnding', catalogue.duty.testDo)).toEqual([]);
    expect(lacking('Tells', incidents.tells)).toEqual([]);
  }
});

test('every quantity is a number or has states, and is called something in both languages', () => {
  expect(empty(QUANTITIES)).toEqual([]);
  for (const called of Object.values(QUANTITIES)) {
    expect(Object.keys(called.name)).toEqual([en.code, nl.code]);
    expect(called.number === undefined).toBe(called.states !== undefined);
  }
});
