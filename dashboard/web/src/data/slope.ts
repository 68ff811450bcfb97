// The slope of the last minutes, by least squares.

/** Change of the unit per minute over the last `span` milliseconds before `now`, or null where too little is known. */
export function slope(points: { at: number; mean: number }[], now: number, span: number): number | null {
  const recent = points.filter((point) => point.at >= now - span);
  const count = recent.length;
  if (count < 3) return null;
  const meanX = recent.reduce((sum, point) => sum + point.at, 0) / count;
  const meanY = recent.reduce((sum, point) => sum + point.mean, 0) / count;
  let above = 0;
  let below = 0;
  for (const point of recent) {
    above += (point.at - meanX) * (point.mean - meanY);
    below += (point.at - meanX) ** 2;
  }
  return below === 0 ? null : (above / below) * 60_000;
}
