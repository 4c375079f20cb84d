import { type Flaw, flawsOf, greyOf, LOOK_SIDE } from './quality'

const THUMB_SIDE = 320
const THUMB_QUALITY = 0.7
export const MAX_PHOTO_BYTES = 30 * 1024 * 1024

export interface TakenPhoto {
  bytes: ArrayBuffer
  filename: string
  media_type: string
  captured_at: string
  thumb: ArrayBuffer | null
  /** What is wrong with it as far as this phone can tell; null where it cannot. */
  flaws: Flaw[] | null
}

export async function readPhoto(file: File): Promise<TakenPhoto> {
  return {
    bytes: await file.arrayBuffer(),
    filename: file.name || 'photo.jpg',
    media_type: file.type || 'application/octet-stream',
    // The file's own time: for a picture from the gallery it is nearer to the truth than now.
    captured_at: new Date(file.lastModified || Date.now()).toISOString(),
    ...(await look(file)),
  }
}

/**
 * One decoding for both: a small JPEG for the screens, so that thirty originals are never decoded for a list, and what is
 * wrong with the photo. Null where this browser cannot (HEIC).
 */
async function look(file: Blob): Promise<Pick<TakenPhoto, 'thumb' | 'flaws'>> {
  let bitmap: ImageBitmap
  try {
    bitmap = await createImageBitmap(file, { resizeWidth: LOOK_SIDE, resizeQuality: 'high' })
  } catch {
    return { thumb: null, flaws: null }
  }
  try {
    return { thumb: await thumbnail(bitmap), flaws: flawsIn(bitmap) }
  } finally {
    bitmap.close()
  }
}

async function thumbnail(bitmap: ImageBitmap): Promise<ArrayBuffer | null> {
  const canvas = drawn(bitmap, THUMB_SIDE / bitmap.width)
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', THUMB_QUALITY))
  return blob ? await blob.arrayBuffer() : null
}

function flawsIn(bitmap: ImageBitmap): Flaw[] | null {
  const canvas = drawn(bitmap, Math.min(1, LOOK_SIDE / bitmap.height))
  const pixels = canvas.getContext('2d', { willReadFrequently: true })?.getImageData(0, 0, canvas.width, canvas.height)
  return pixels ? flawsOf(greyOf(pixels)) : null
}

function drawn(bitmap: ImageBitmap, scale: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(bitmap.width * scale))
  canvas.height = Math.max(1, Math.round(bitmap.height * scale))
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context) context.imageSmoothingQuality = 'high'
  context?.drawImage(bitmap, 0, 0, canvas.width, canvas.height)
  return canvas
}
