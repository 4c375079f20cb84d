import { describe, expect, it } from 'vitest'
import { EMPTY, type GivenNonces, proofMetadata, refilled, TAKE_ALONG, taken, wanted } from '../../src/offline/proof'

const NOW = Date.parse('2026-11-22T08:00:00Z')
const given = (count: number): GivenNonces => ({
  nonces: Array.from({ length: count }, (_, i) => `nonce-${i}`),
  good_until: '2026-11-22T20:00:00Z',
  server_time: '2026-11-22T08:00:05Z',
  ask_position: true,
})

describe('what a phone can say about a photo', () => {
  it('asks for nonces ahead, and again when few are left or they ran out', () => {
    const full = refilled(EMPTY, 'store-1', given(TAKE_ALONG), NOW, NOW)
    expect(wanted(EMPTY, 'store-1', NOW)).toBe(TAKE_ALONG)
    expect(wanted(full, 'store-1', NOW)).toBe(0)
    expect(wanted(full, 'store-2', NOW)).toBe(TAKE_ALONG)
    expect(wanted(full, 'store-1', Date.parse('2026-11-23T08:00:00Z'))).toBe(TAKE_ALONG)
  })

  it('uses each nonce once, and sends photos without when there are none', () => {
    let purse = refilled(EMPTY, 'store-1', given(2), NOW, NOW)
    const used = [0, 1, 2].map(() => {
      const { proof, rest } = taken(purse, 'store-1')
      purse = rest
      return proof.nonce
    })
    expect(used).toEqual(['nonce-0', 'nonce-1', undefined])
  })

  it('learns how far its clock is off from the middle of the request', () => {
    expect(refilled(EMPTY, 'store-1', given(1), NOW - 1000, NOW + 1000).clock_offset_ms).toBe(5000)
  })

  it('says nothing of what it does not know', () => {
    expect(proofMetadata(undefined)).toEqual({})
    expect(proofMetadata({ position: 'refused' })).toEqual({ position: 'refused' })
    expect(proofMetadata({ nonce: 'n', position: 'given', latitude: 31.2, longitude: 121.5, accuracy_m: 12, clock_offset_ms: -3 })).toEqual({
      nonce: 'n', position: 'given', latitude: '31.2', longitude: '121.5', accuracy_m: '12', clock_offset_ms: '-3',
    })
  })
})
