/** SHA-256 as lower-case hex: the fingerprint the server must read back before the phone lets go of an original. */
export async function sha256Hex(bytes: ArrayBuffer): Promise<string> {
  // crypto.subtle is missing on a plain-http address that is not localhost (a demo on the shop's network).
  const digest = globalThis.crypto?.subtle
    ? new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
    : sha256(new Uint8Array(bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

const [K, START] = constants()

/** FIPS 180-4, for browsers without crypto.subtle. */
export function sha256(message: Uint8Array): Uint8Array {
  const padded = new Uint8Array(((message.length + 8) >> 6) * 64 + 64)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(padded.length - 4, message.length << 3)
  const state = START.slice()
  const words = new Uint32Array(64)
  for (let at = 0; at < padded.length; at += 64) block(state, words, view, at)
  const out = new DataView(new ArrayBuffer(32))
  state.forEach((word, i) => out.setUint32(i * 4, word))
  return new Uint8Array(out.buffer)
}

function block(state: Uint32Array, w: Uint32Array, view: DataView, at: number): void {
  for (let i = 0; i < 16; i++) w[i] = view.getUint32(at + i * 4)
  for (let i = 16; i < 64; i++) {
    const s0 = rotate(w[i - 15]!, 7) ^ rotate(w[i - 15]!, 18) ^ (w[i - 15]! >>> 3)
    const s1 = rotate(w[i - 2]!, 17) ^ rotate(w[i - 2]!, 19) ^ (w[i - 2]! >>> 10)
    w[i] = w[i - 16]! + s0 + w[i - 7]! + s1
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const t1 = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + K[i]! + w[i]!) | 0
    const t2 = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0
    ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + t1) | 0, c, b, a, (t1 + t2) | 0]
  }
  ;[a, b, c, d, e, f, g, h].forEach((value, i) => (state[i] = state[i]! + value))
}

function rotate(x: number, n: number): number {
  return (x >>> n) | (x << (32 - n))
}

/** Fractional parts of the cube and square roots of the first primes, exact through integer arithmetic. */
function constants(): [Uint32Array, Uint32Array] {
  const primes: number[] = []
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p !== 0)) primes.push(n)
  const fraction = (p: number, power: 2 | 3) => {
    // root of p * 2^(32 * power), so that the low 32 bits of the integer root are the fraction wanted
    const target = BigInt(p) << BigInt(32 * power)
    let low = 0n
    let high = 1n << 40n
    while (low < high) {
      const middle = (low + high + 1n) >> 1n
      if (middle ** BigInt(power) <= target) low = middle
      else high = middle - 1n
    }
    return Number(low & 0xffffffffn)
  }
  return [Uint32Array.from(primes, (p) => fraction(p, 3)), Uint32Array.from(primes.slice(0, 8), (p) => fraction(p, 2))]
}
