// What the demo's telephones offer to answer.
import { expect, test } from 'vitest';

import { offered } from './phones';

const text = (id: number, said: string, own = false): { id: number; at: string; own: boolean; text: string } => ({ id, at: '2026-01-01T00:00:00.000Z', own, text: said });

test('what the last text that can be answered offers', () => {
  expect(offered([])).toEqual([]);
  const called = text(1, 'CRITICAL Room A cooling failing #12. Reply OK 12 to take it, NO 12 to pass it on.');
  expect(offered([called])).toEqual(['OK 12', 'NO 12']);
  expect(offered([called, text(2, 'OK 9', true), text(3, 'Alarm 12 is yours.')])).toEqual(['OK 12', 'NO 12']);
  expect(offered([called, text(4, 'HIGH Room B mains #14. Reply OK 14 to take it.')])).toEqual(['OK 14']);
  expect(offered([text(5, 'Antwoord OK 12 om het op te pakken, NEE 12 om het door te geven.')])).toEqual(['OK 12', 'NEE 12']);
});
