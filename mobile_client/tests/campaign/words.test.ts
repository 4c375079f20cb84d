import { describe, expect, test } from 'vitest'
import type { Sighting } from '../../src/campaign/model'
import { toneOf, wordsOf } from '../../src/campaign/words'

const seen = (changes: Partial<Sighting> = {}): Sighting => ({
  artwork_id: 'a',
  campaign_id: 'c',
  campaign_name: { zh: '活动', en: 'Fair' },
  kind: 'poster',
  timing: 'running',
  found: true,
  corners: null,
  visible: 0.97,
  in_frame: 1,
  angle: 1,
  upright: true,
  score: 0.98,
  rivals: [],
  copies: [],
  thumb_url: null,
  ...changes,
})
const keys = (one: Sighting, expected = true) => wordsOf(one, expected, () => 'x').map((word) => word.key)

describe('what a photo says of a piece, in words', () => {
  test.each([
    [seen(), ['material.whole'], 'good'],
    [seen({ visible: 0.63 }), ['material.hidden'], 'bad'],
    [seen({ visible: 0.85 }), ['material.hidden'], 'info'],
    [seen({ visible: 0.5, in_frame: 0.5 }), ['material.cut_off'], 'info'],
    [seen({ upright: false, angle: 178 }), ['material.upside_down', 'material.whole'], 'bad'],
    [seen({ upright: false, angle: -41 }), ['material.turned', 'material.whole'], 'warn'],
    [seen({ timing: 'ended' }), ['material.ended', 'material.whole'], 'bad'],
    [seen({ timing: 'upcoming' }), ['material.upcoming', 'material.whole'], 'warn'],
    [seen({ timing: 'ended', rivals: [{ zh: '另一期', en: 'another' }] }), ['material.unsure', 'material.whole'], 'warn'],
  ])('%#', (one, words, tone) => {
    expect(keys(one)).toEqual(words)
    expect(toneOf(wordsOf(one, true, () => 'x'))).toBe(tone)
  })

  test('not seen is missing only where it should have been seen', () => {
    expect(keys(seen({ found: false }))).toEqual(['material.missing'])
    expect(keys(seen({ found: false }), false)).toEqual(['material.not_here'])
  })

  test('the hidden share is what is not seen', () => {
    expect(wordsOf(seen({ visible: 0.63 }), true, () => '')[0]?.params).toEqual({ percent: 37 })
  })
})
