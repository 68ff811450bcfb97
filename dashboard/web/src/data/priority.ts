// The order of priorities: worst first.
import type { Priority } from './contract';

const RANK: Record<Priority, number> = { critical: 0, high: 1, medium: 2, low: 3 };

export function worse(a: Priority | null, b: Priority | null): Priority | null {
  if (!a) return b;
  if (!b) return a;
  return RANK[a] <= RANK[b] ? a : b;
}

export function rank(priority: Priority | null): number {
  return priority ? RANK[priority] : 4;
}
