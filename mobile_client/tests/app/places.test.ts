import { describe, expect, test } from 'vitest'
import { match, withQuery } from '../../src/app/routes'
import { navigationFor } from '../../src/app/navigation'
import { heat, HEAT_STEPS, tone } from '../../src/ui/tone'

describe('places', () => {
  test.each([
    ['', 'home'],
    ['#/', 'home'],
    ['#/visits', 'visits'],
    ['#/visits/new', 'visitNew'],
    ['#/visits/0197', 'visit'],
    ['#/visits/0197/review', 'visitReview'],
    ['#/nowhere', 'unknown'],
    ['#/visits/1/2/3', 'unknown'],
  ])('%s is %s', (hash, name) => {
    expect(match(hash).name).toBe(name)
  })

  test('carry their parameters and filters, whatever the language', () => {
    const there = withQuery('/tasks', { scope: 'all', name: '华东区', dimension: undefined })
    expect(match(`#${there}`).query).toEqual({ scope: 'all', name: '华东区' })
    expect(match('#/visits/abc').params).toEqual({ id: 'abc' })
  })
})

describe('navigation by role', () => {
  const first = (...roles: Parameters<typeof navigationFor>[0]) => navigationFor(roles).main[0]!.key

  test('each role starts where its work is', () => {
    expect([first('supervisor'), first('store_manager'), first('regional_manager'), first('hq')]).toEqual(['visits', 'tasks', 'tasks', 'heatmap'])
  })

  test('several roles are one list without doubles, and everybody can sign out', () => {
    const keys = navigationFor(['supervisor', 'hq']).all.map(({ key }) => key)
    expect(new Set(keys).size).toBe(keys.length)
    expect(navigationFor([]).all.map(({ key }) => key)).toContain('settings')
  })
})

describe('colours of scores', () => {
  test('every score has one', () => {
    expect([0, 44.9, 45, 69, 70, 84, 85, 100].map(tone)).toEqual(['bad', 'bad', 'bad', 'bad', 'warn', 'warn', 'good', 'good'])
    expect(heat(0)).toBe(HEAT_STEPS[0])
    expect(heat(100)).toBe(HEAT_STEPS.at(-1))
  })

  test('numbers in cells are readable: contrast of at least 4.5 to 1', () => {
    const light = (hex: string) => {
      const parts = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      return 0.2126 * parts[0]! + 0.7152 * parts[1]! + 0.0722 * parts[2]!
    }
    for (const { fill, ink } of HEAT_STEPS) {
      const [high, low] = [light(fill), light(ink)].toSorted((a, b) => b - a)
      expect((high! + 0.05) / (low! + 0.05), fill).toBeGreaterThanOrEqual(4.5)
    }
  })
})
