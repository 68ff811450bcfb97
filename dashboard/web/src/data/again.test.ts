// Loads in a storm: they end, and what came meanwhile is loaded too.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Again } from './again';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A load that takes a second, and how often it began, ended and was given up. */
function slow(): { again: Again; count: { begun: number; ended: number; aborted: number } } {
  const count = { begun: 0, ended: 0, aborted: 0 };
  const again = new Again(async (signal) => {
    count.begun++;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (signal.aborted) count.aborted++;
    else count.ended++;
  });
  return { again, count };
}

test('a storm does not keep a load from its end, and the last change is loaded', async () => {
  const { again, count } = slow();
  for (let change = 0; change < 100; change++) {
    again.ask();
    await vi.advanceTimersByTimeAsync(100);
  }
  // Ten seconds: a load of one second, a moment, the next.
  expect(count).toEqual({ begun: 8, ended: 7, aborted: 0 });
  await vi.advanceTimersByTimeAsync(5000);
  expect(count).toEqual({ begun: 9, ended: 9, aborted: 0 });
});

test('many changes at once are one load', async () => {
  const { again, count } = slow();
  for (let change = 0; change < 100; change++) again.ask();
  await vi.advanceTimersByTimeAsync(5000);
  expect(count).toEqual({ begun: 1, ended: 1, aborted: 0 });
});

test('whoever goes gives up what is under way, and nothing begins after that', async () => {
  const { again, count } = slow();
  again.ask(0);
  await vi.advanceTimersByTimeAsync(500);
  again.ask();
  again.end();
  again.ask();
  await vi.advanceTimersByTimeAsync(5000);
  expect(count).toEqual({ begun: 1, ended: 0, aborted: 1 });
});
