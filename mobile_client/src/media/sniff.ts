/** How many first bytes `isPhoto` wants to see. */
export const HEAD_BYTES = 64

const BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1', 'avif', 'avis'])

/** Whether a file begins as one of the photos the server takes: JPEG, PNG, WebP, HEIC, AVIF. Its name says nothing. */
export function isPhoto(head: Uint8Array): boolean {
  const text = String.fromCharCode(...head.slice(0, HEAD_BYTES))
  if (text.startsWith('\xff\xd8\xff') || text.startsWith('\x89PNG\r\n\x1a\n')) return true
  if (text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP') return true
  if (text.slice(4, 8) !== 'ftyp') return false
  const brands = [text.slice(8, 12), ...(text.slice(16).match(/.{4}/gs) ?? [])]
  return brands.some((brand) => BRANDS.has(brand))
}
