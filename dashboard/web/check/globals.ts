// What the modules under test look for in a browser when they are loaded: an address, storage, a language.
const listeners = new Map<string, ((event: unknown) => void)[]>();
const listen = (name: string, listener: (event: unknown) => void): void => void listeners.set(name, [...(listeners.get(name) ?? []), listener]);
const stored = new Map<string, string>();
const location = { pathname: '/', search: '', hash: '', origin: 'http://localhost:8080' };

function show(to: string): void {
  const url = new URL(to, location.origin);
  Object.assign(location, { pathname: url.pathname, search: url.search, hash: url.hash });
}

Object.assign(globalThis, {
  location,
  history: { pushState: (_state: null, _title: string, to: string) => show(to), replaceState: (_state: null, _title: string, to: string) => show(to) },
  localStorage: { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value) },
  window: { addEventListener: listen, removeEventListener: () => undefined, dispatchEvent: () => true, scrollTo: () => undefined },
  CustomEvent: class {},
  devicePixelRatio: 1,
  matchMedia: () => ({ addEventListener: () => undefined, removeEventListener: () => undefined }),
  addEventListener: listen,
  document: { addEventListener: listen, getElementById: () => null },
});
Object.defineProperty(globalThis, 'navigator', { value: { language: 'en-GB' }, configurable: true });

/** Lets a listener of the page hear an event. */
export function hear(name: string, event: unknown): void {
  for (const listener of listeners.get(name) ?? []) listener(event);
}
/** Puts the browser at an address, as its back button does. */
export function standAt(to: string): void {
  show(to);
  hear('popstate', {});
}
