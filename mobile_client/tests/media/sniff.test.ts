import { describe, expect, it } from 'vitest'
import { isPhoto } from '../../src/media/sniff'

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0))

describe('what is a photo', () => {
  it.each([
    ['JPEG', '\xff\xd8\xff\xe0\x00\x10JFIF'],
    ['PNG', '\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR'],
    ['WebP', 'RIFF\x10\x00\x00\x00WEBPVP8 '],
    ['HEIC', '\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic'],
    ['HEIC whose main brand says nothing', '\x00\x00\x00\x1cftypmsf2\x00\x00\x00\x00mif1heic'],
    ['AVIF', '\x00\x00\x00\x1cftypavif\x00\x00\x00\x00avifmif1'],
  ])('%s is one, whatever it is called', (_, head) => expect(isPhoto(bytes(head))).toBe(true))

  it.each([
    ['a PDF called .jpg', '%PDF-1.7\n%\xe2\xe3\xcf\xd3'],
    ['a film', '\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41'],
    ['a sound in RIFF', 'RIFF\x10\x00\x00\x00WAVEfmt '],
    ['a web page', '<!doctype html>'],
    ['a file of two bytes', '\xff\xd8'],
    ['nothing', ''],
  ])('%s is none', (_, head) => expect(isPhoto(bytes(head))).toBe(false))
})
