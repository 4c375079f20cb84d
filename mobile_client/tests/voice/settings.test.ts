import { describe, expect, test } from 'vitest'
import { daysOf, isShorter, periodOf } from '../../src/voice/settings'

describe('how long recordings are kept', () => {
  test.each([
    [null, 'ever'],
    [0, 'heard'],
    [30, 'days'],
  ] as const)('%s days is shown as "%s" and goes back as it came', (days, period) => {
    expect(periodOf(days)).toBe(period)
    expect(daysOf(period, days)).toBe(days)
  })

  test.each([null, 0, -1, 1.5, 3651, Number.NaN])('%s is no number of days', (days) => {
    expect(daysOf('days', days)).toBeUndefined()
  })

  test('a person is asked before recordings go sooner, and only then', () => {
    expect([isShorter(null, 30), isShorter(30, 7), isShorter(7, 0)]).toEqual([true, true, true])
    expect([isShorter(30, null), isShorter(7, 30), isShorter(7, 7), isShorter(null, null)]).toEqual([false, false, false, false])
  })
})
