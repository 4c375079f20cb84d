/**
 * A first look at a photo on the phone itself, offline: is it blurred, dark or burnt out. The measures and their limits are
 * those of the server (`vision/quality.py`), taken at the same size; its look at the original still decides.
 */

/** The server's codes; `t('quality.…')` has its words. */
export type Flaw = 'dark' | 'glare' | 'blurred'
export const FLAWS: Flaw[] = ['dark', 'glare', 'blurred']

/** Pixels of the long side at which the limits hold. */
export const LOOK_SIDE = 640
const MIN_LIGHT = 45
const MAX_GLARE = 0.25
const BURNT_OUT = 250
const PATCHES = 64
const MIN_SHARPNESS = 60
const TILES = 4

export interface Grey {
  width: number
  height: number
  /** Brightness 0..255, row by row. */
  pixels: Uint8ClampedArray
}

export function greyOf({ data, width, height }: Pick<ImageData, 'data' | 'width' | 'height'>): Grey {
  const pixels = new Uint8ClampedArray(width * height)
  for (let i = 0, at = 0; i < pixels.length; i++, at += 4) pixels[i] = 0.299 * data[at]! + 0.587 * data[at + 1]! + 0.114 * data[at + 2]!
  return { width, height, pixels }
}

/** What keeps this photo from being judged, causes first: the dark is never sharp. */
export function flawsOf(grey: Grey): Flaw[] {
  const found: Record<Flaw, boolean> = {
    dark: light(grey) < MIN_LIGHT,
    glare: glare(grey) > MAX_GLARE,
    blurred: sharpness(grey) < MIN_SHARPNESS,
  }
  return FLAWS.filter((flaw) => found[flaw])
}

/** Brightness that a quarter of the photo exceeds. */
export function light({ pixels }: Grey): number {
  const counted = new Uint32Array(256)
  for (const value of pixels) counted[value]!++
  let sum = 0
  for (let value = 0; value < 256; value++) {
    sum += counted[value]!
    if (sum >= 0.75 * pixels.length) return value
  }
  return 255
}

/** Share of the photo in patches that are burnt out. */
export function glare(grey: Grey): number {
  let burnt = 0
  for (let row = 0; row < PATCHES; row++) {
    for (let column = 0; column < PATCHES; column++) {
      if (mean(grey, slice(column, PATCHES, grey.width), slice(row, PATCHES, grey.height)) >= BURNT_OUT) burnt++
    }
  }
  return burnt / PATCHES ** 2
}

/**
 * Variance of the Laplacian in the sharper parts (90th percentile of a 4 by 4 grid): a plain wall beside a sharp shelf is no
 * blur. Relative to the light, so that dark is not taken for blurred.
 */
export function sharpness(grey: Grey): number {
  const gain = 160 / Math.max(light(grey), 8)
  const found: number[] = []
  for (let row = 0; row < TILES; row++) {
    for (let column = 0; column < TILES; column++) {
      found.push(gain ** 2 * variance(grey, slice(column, TILES, grey.width), slice(row, TILES, grey.height)))
    }
  }
  return percentile(found, 0.9)
}

type Slice = [from: number, to: number]

function slice(n: number, parts: number, length: number): Slice {
  return [Math.floor((n * length) / parts), Math.max(Math.floor(((n + 1) * length) / parts), Math.floor((n * length) / parts) + 1)]
}

function mean({ pixels, width }: Grey, [x0, x1]: Slice, [y0, y1]: Slice): number {
  let sum = 0
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += pixels[y * width + x]!
  return sum / ((x1 - x0) * (y1 - y0))
}

/** Of the Laplacian (4, -1 -1 -1 -1) over the part; a photo goes on beyond its edge as in a mirror. */
function variance({ pixels, width, height }: Grey, [x0, x1]: Slice, [y0, y1]: Slice): number {
  let sum = 0
  let squares = 0
  for (let y = y0; y < y1; y++) {
    const above = (y > 0 ? y - 1 : Math.min(1, height - 1)) * width
    const below = (y < height - 1 ? y + 1 : Math.max(0, height - 2)) * width
    for (let x = x0; x < x1; x++) {
      const left = x > 0 ? x - 1 : Math.min(1, width - 1)
      const right = x < width - 1 ? x + 1 : Math.max(0, width - 2)
      const edge = pixels[above + x]! + pixels[below + x]! + pixels[y * width + left]! + pixels[y * width + right]! - 4 * pixels[y * width + x]!
      sum += edge
      squares += edge * edge
    }
  }
  const count = (x1 - x0) * (y1 - y0)
  return squares / count - (sum / count) ** 2
}

/** With the value between neighbours in proportion, as numpy has it. */
function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const low = sorted[Math.floor(at)]!
  return low + (at - Math.floor(at)) * (sorted[Math.ceil(at)]! - low)
}
