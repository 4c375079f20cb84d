/** Where a health score (0..100) stops being good, and where it starts being bad. */
export const GOOD_FROM = 85
export const WARN_FROM = 70

export function tone(score: number): 'good' | 'warn' | 'bad' {
  if (score >= GOOD_FROM) return 'good'
  return score >= WARN_FROM ? 'warn' : 'bad'
}

/**
 * Heatmap colours from bad to good: vermilion → cream → blue-green. The ends differ in lightness and in hue along an axis
 * that red-green blindness keeps apart; the number stands in each cell anyway.
 */
const STEPS: { from: number; fill: string; ink: string }[] = [
  { from: 95, fill: '#0b5f63', ink: '#ffffff' },
  { from: 90, fill: '#247a77', ink: '#ffffff' },
  { from: 80, fill: '#8cc7bd', ink: '#14211e' },
  { from: 70, fill: '#e4e6cf', ink: '#14211e' },
  { from: 60, fill: '#f6cf95', ink: '#14211e' },
  { from: 45, fill: '#ea9553', ink: '#14211e' },
  { from: 0, fill: '#b8401c', ink: '#ffffff' },
]
export const HEAT_STEPS = STEPS.toReversed()

export function heat(score: number): { fill: string; ink: string } {
  return STEPS.find((step) => score >= step.from) ?? STEPS.at(-1)!
}
