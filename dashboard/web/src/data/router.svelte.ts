// Where the reader is: path and query of the address, followed without loading the page again.

class Router {
  path = $state(location.pathname);
  query = $state(new URLSearchParams(location.search));

  constructor() {
    window.addEventListener('popstate', () => this.sync());
    document.addEventListener('click', (event) => this.follow(event));
  }

  /** The path's parts, decoded. */
  get parts(): string[] {
    return this.path
      .split('/')
      .filter(Boolean)
      .map((part) => decodeURIComponent(part));
  }

  go(to: string, replace = false): void {
    const before = this.path;
    if (replace) history.replaceState(null, '', to);
    else history.pushState(null, '', to);
    this.sync();
    if (this.path !== before) {
      window.scrollTo(0, 0);
      document.getElementById('main')?.focus({ preventScroll: true });
    }
  }

  /** Changes the query alone, so that a view can be shared by its address. */
  setQuery(changes: Record<string, string | null>): void {
    const query = new URLSearchParams(this.query);
    for (const [key, value] of Object.entries(changes)) {
      if (value === null) query.delete(key);
      else query.set(key, value);
    }
    const text = query.toString();
    this.go(this.path + (text ? `?${text}` : ''), true);
  }

  private sync(): void {
    this.path = location.pathname;
    this.query = new URLSearchParams(location.search);
  }

  private follow(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
      return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target || link.origin !== location.origin || link.hasAttribute('download')) return;
    // Pages of the server's own: the API's reports and the links of messages.
    if (link.pathname.startsWith('/api/') || link.pathname.startsWith('/a/')) return;
    event.preventDefault();
    this.go(link.pathname + link.search + link.hash);
  }
}

export const router = new Router();

/** The address of a room; what stands in no room has the address of a dash. */
export function roomPath(id: string): string {
  return `/rooms/${id === '' ? '-' : encodeURIComponent(id)}`;
}
