import type { Unit } from './types'

const SYMBOLS: Record<string, string> = { CNY: '¥', GBP: '£', USD: '$', EUR: '€', RUB: '₽' }

/** An amount in hundredths as people write it: "¥12.80", "¥39.80 / 500 g". */
export function amount(minor: number, currency: string | null, unit: Unit | null = null, quantity: number | null = null): string {
  const number = `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`
  const symbol = currency === null ? '' : (SYMBOLS[currency] ?? `${currency} `)
  return `${symbol}${number}${per(unit, quantity ?? 1)}`
}

function per(unit: Unit | null, quantity: number): string {
  if (unit === null || (unit === 'each' && quantity === 1)) return ''
  if (unit === 'each') return ` / ${quantity}`
  return quantity >= 1000 && quantity % 1000 === 0 ? ` / ${quantity / 1000} ${unit === 'g' ? 'kg' : 'L'}` : ` / ${quantity} ${unit}`
}

/** The bytes of a file in base64, piece by piece: a whole file at once would not fit on the stack. */
export function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000))
  return btoa(text)
}
