export interface ZipFile {
  name: string
  bytes: Uint8Array
}

const UTF8_NAMES = 0x0800
const VERSION = 20

/** A ZIP without compression (photos and audio are compressed already), which every phone and desk can open. */
export function zip(files: ZipFile[], when: Date): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const file of files) {
    const name = new TextEncoder().encode(file.name)
    const common = commonFields(file.bytes, name.length, when)
    const local = record(0x04034b50, [common], name)
    const central = record(0x02014b50, [u16(VERSION), common, new Uint8Array(10), u32(offset)], name)
    parts.push(local, file.bytes)
    directory.push(central)
    offset += local.length + file.bytes.length
  }
  const size = total(directory)
  const count = u16(files.length)
  const end = record(0x06054b50, [u32(0), count, count, u32(size), u32(offset), u16(0)], new Uint8Array())
  return join([...parts, ...directory, end])
}

function commonFields(bytes: Uint8Array, nameLength: number, when: Date): Uint8Array {
  const time = (when.getHours() << 11) | (when.getMinutes() << 5) | (when.getSeconds() >> 1)
  const day = (Math.max(0, when.getFullYear() - 1980) << 9) | ((when.getMonth() + 1) << 5) | when.getDate()
  const size = u32(bytes.length)
  return join([u16(VERSION), u16(UTF8_NAMES), u16(0), u16(time), u16(day), u32(crc32(bytes)), size, size, u16(nameLength), u16(0)])
}

function record(signature: number, fields: Uint8Array[], name: Uint8Array): Uint8Array {
  return join([u32(signature), ...fields, name])
}

export function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0)
  }
  return ~crc >>> 0
}

function u16(value: number): Uint8Array {
  return new Uint8Array([value & 255, (value >> 8) & 255])
}

function u32(value: number): Uint8Array {
  return new Uint8Array([value & 255, (value >>> 8) & 255, (value >>> 16) & 255, (value >>> 24) & 255])
}

function total(parts: Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0)
}

function join(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(total(parts))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
