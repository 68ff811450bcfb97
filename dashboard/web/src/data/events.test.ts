// The stream of server-sent events, cut wherever the network cuts it.
import { expect, test } from 'vitest';

import { EventParser } from './events';

const TEXT = ': ping\n\nevent: reading\ndata: {"a":1}\n\nevent: alarm\r\ndata: one\r\ndata: two\r\n\r\ndata:bare\n\n';
const WHOLE = [
  ['reading', '{"a":1}'],
  ['alarm', 'one\ntwo'],
  ['message', 'bare'],
];

test('events are read wherever the text is cut', () => {
  for (let cut = 0; cut <= TEXT.length; cut += 1) {
    // A line's end that is cut in two is one end.
    if (TEXT[cut - 1] === '\r') continue;
    const parser = new EventParser();
    const found: string[][] = [];
    for (const part of [TEXT.slice(0, cut), TEXT.slice(cut)]) parser.push(part, (name, data) => found.push([name, data]));
    expect(found).toEqual(WHOLE);
  }
});

test('what is incomplete waits', () => {
  const parser = new EventParser();
  const found: string[] = [];
  parser.push('event: reading\ndata: 1\n', (name) => found.push(name));
  expect(found).toEqual([]);
  parser.push('\n', (name) => found.push(name));
  expect(found).toEqual(['reading']);
});
