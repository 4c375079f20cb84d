import { describe, expect, test } from 'vitest'
import { en } from '../../src/i18n/en'
import { fill } from '../../src/i18n/fill'
import { minutesSeconds, relative, span } from '../../src/i18n/when'
import { zh } from '../../src/i18n/zh'

const keys = Object.keys(zh) as (keyof typeof zh)[]
const places = (text: string) => new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]))

describe('the two languages', () => {
  test('have the same keys', () => {
    expect(Object.keys(en).toSorted()).toEqual(Object.keys(zh).toSorted())
  })

  test.each(keys)('%s asks for the same values and is not empty', (key) => {
    expect(zh[key].trim()).not.toBe('')
    for (const variant of en[key].split('|')) {
      expect(variant.trim()).not.toBe('')
      expect(places(variant)).toEqual(places(zh[key]))
    }
  })

  test('Chinese texts are Chinese and English ones are not', () => {
    const sameInBoth = new Set(['answer.between'])
    for (const key of keys.filter((one) => !sameInBoth.has(one))) {
      expect(zh[key], key).toMatch(/\p{Script=Han}/u)
      expect(en[key], key).not.toMatch(/\p{Script=Han}/u)
    }
  })
})

describe('texts with numbers', () => {
  test('choose singular and plural', () => {
    expect([1, 2, 0].map((n) => fill('{n} gap|{n} gaps', { n }))).toEqual(['1 gap', '2 gaps', '0 gaps'])
  })

  test('leave an unknown place visible rather than swallow it', () => {
    expect(fill('{what}', {})).toBe('{what}')
  })
})

describe('times in words', () => {
  const now = Date.parse('2026-11-22T08:00:00Z')

  test('in the largest unit that fits', () => {
    expect(relative('2026-11-22T11:30:00Z', now, 'en-GB')).toBe('in 3 hours')
    expect(relative('2026-11-20T07:00:00Z', now, 'en-GB')).toBe('2 days ago')
    expect(relative('2026-11-22T11:30:00Z', now, 'zh-CN')).toBe('3小时后')
  })

  test('never say "in 0 minutes"', () => {
    expect(relative(now + 500, now, 'en-GB')).toBe('in 1 minute')
  })

  test('lengths', () => {
    expect(span(31 * 3600_000, 'en-GB')).toBe('1 day')
    expect(minutesSeconds(75.9)).toBe('1:15')
  })
})
