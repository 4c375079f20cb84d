import type { Key } from '../i18n/zh'
import type { Sighting } from './model'

export type Tone = 'good' | 'warn' | 'bad' | 'info'
export interface Word {
  tone: Tone
  key: Key
  params?: Record<string, string | number>
}

/** As the server judges: see docs/promotion.md. */
const WHOLE_IN_FRAME = 0.95
const HIDDEN_BELOW = 0.75
const WHOLE_FROM = 0.9

/** What a photo says of one piece, in words; the first is the one that matters most. `expected`: it should be seen here. */
export function wordsOf(one: Sighting, expected: boolean, names: (texts: Sighting['rivals']) => string): Word[] {
  if (!one.found) return expected ? [{ tone: 'bad', key: 'material.missing' }] : [{ tone: 'info', key: 'material.not_here' }]
  const words: Word[] = []
  if (one.rivals.length > 0) words.push({ tone: 'warn', key: 'material.unsure', params: { names: names(one.rivals) } })
  else if (one.timing === 'ended') words.push({ tone: 'bad', key: 'material.ended' })
  else if (one.timing === 'upcoming') words.push({ tone: 'warn', key: 'material.upcoming' })
  const angle = Math.abs(Math.round(one.angle ?? 0))
  if (one.upright === false) words.push(angle > 150 ? { tone: 'bad', key: 'material.upside_down' } : { tone: 'warn', key: 'material.turned', params: { angle } })
  words.push(wholeness(one))
  return words
}

function wholeness(one: Sighting): Word {
  if ((one.in_frame ?? 1) < WHOLE_IN_FRAME) return { tone: 'info', key: 'material.cut_off' }
  const hidden = Math.round(100 * (1 - Math.min(1, one.visible)))
  if (one.visible < HIDDEN_BELOW) return { tone: 'bad', key: 'material.hidden', params: { percent: hidden } }
  if (one.visible < WHOLE_FROM) return { tone: 'info', key: 'material.hidden', params: { percent: hidden } }
  return { tone: 'good', key: 'material.whole' }
}

/** The tone of the outline on the photo: that of the worst word. */
export function toneOf(words: Word[]): Tone {
  const order: Tone[] = ['bad', 'warn', 'info', 'good']
  return order.find((tone) => words.some((word) => word.tone === tone)) ?? 'good'
}
