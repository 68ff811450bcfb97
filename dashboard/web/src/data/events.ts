// Server-sent events over fetch: unlike EventSource it sees the server's pings, so that silence is noticed.
import { w } from '../words/words.svelte';

export interface StreamHandlers {
  opened: () => void;
  heard: () => void;
  event: (name: string, data: string) => void;
}

/** Splits a stream's text into events; what is incomplete waits for more. */
export class EventParser {
  private rest = '';

  push(text: string, emit: (name: string, data: string) => void): void {
    this.rest = (this.rest + text).replace(/\r\n?/g, '\n');
    for (let end = this.rest.indexOf('\n\n'); end >= 0; end = this.rest.indexOf('\n\n')) {
      const block = this.rest.slice(0, end);
      this.rest = this.rest.slice(end + 2);
      let name = 'message';
      const data: string[] = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('event:')) name = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      }
      if (data.length) emit(name, data.join('\n'));
    }
  }
}

/** Reads until the stream ends, fails, or is aborted. Resolves with the HTTP status, 0 if there was none. */
export async function readStream(path: string, signal: AbortSignal, handlers: StreamHandlers): Promise<number> {
  const response = await fetch(path, {
    headers: { accept: 'text/event-stream', 'accept-language': w().code },
    credentials: 'same-origin',
    cache: 'no-store',
    signal,
  });
  if (!response.ok || !response.body) return response.status;
  handlers.opened();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return response.status;
    handlers.heard();
    parser.push(value, handlers.event);
  }
}
