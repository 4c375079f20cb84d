import { describe, expect, test } from 'vitest'
import { flawsOf, glare, type Grey, greyOf, light, sharpness } from '../../src/media/quality'

const WIDTH = 640
const HEIGHT = 480

const picture = (at: (x: number, y: number) => number): Grey => {
  const pixels = new Uint8ClampedArray(WIDTH * HEIGHT)
  for (let y = 0; y < HEIGHT; y++) for (let x = 0; x < WIDTH; x++) pixels[y * WIDTH + x] = at(x, y)
  return { width: WIDTH, height: HEIGHT, pixels }
}

/** Packs of 16 pixels, as a shelf has them: sharp edges in any light. */
const packs = (dark: number, bright: number) => picture((x, y) => ((x >> 4) + (y >> 4)) % 2 ? bright : dark)
const blurred = picture((x, y) => 130 + 60 * Math.sin(x / 25) * Math.sin(y / 25))

describe('a look at a photo on the phone', () => {
  test('a sharp photo in normal light has no flaw', () => {
    expect(flawsOf(packs(60, 200))).toEqual([])
  })

  test('a blurred one is told', () => {
    expect(flawsOf(blurred)).toEqual(['blurred'])
  })

  test('a dark one is told, and not called blurred: it is as sharp as the light lets it be', () => {
    expect(flawsOf(packs(12, 40))).toEqual(['dark'])
  })

  test('of a black frame both are told, the cause first', () => {
    expect(flawsOf(picture(() => 0))).toEqual(['dark', 'blurred'])
  })

  test('a third of it burnt out is glare', () => {
    expect(flawsOf(picture((x, y) => (x < WIDTH / 3 ? 255 : ((x >> 4) + (y >> 4)) % 2 ? 200 : 60)))).toEqual(['glare'])
  })

  test('a plain wall beside a sharp shelf is no blur', () => {
    expect(flawsOf(picture((x, y) => (x < 380 ? 150 : ((x >> 4) + (y >> 4)) % 2 ? 200 : 60)))).toEqual([])
  })

  test('even a picture of one pixel has an answer', () => {
    expect(flawsOf({ width: 1, height: 1, pixels: new Uint8ClampedArray([255]) })).toEqual(['glare', 'blurred'])
  })

  test('colours weigh as the eye sees them', () => {
    const { pixels } = greyOf({ data: new Uint8ClampedArray([255, 0, 0, 255, 0, 255, 0, 255]), width: 2, height: 1 })
    expect([...pixels]).toEqual([76, 150])
  })

  // The same picture given to `vision.quality` (tests/unit/vision/test_client_quality.py) has the same measures.
  test('the measures are those of the server', () => {
    const wedge = picture((x, y) => (x * 7 + y * 13 + ((x * y) >> 3)) % 256)
    expect(light(wedge)).toBe(192)
    expect(glare(wedge)).toBe(0)
    expect(sharpness(wedge)).toBeCloseTo(80869.258, 1)
  })
})
