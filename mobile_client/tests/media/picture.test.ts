import { expect, test } from 'vitest'
import { pictureOf } from '../../src/media/picture'

test('a photo is shown as the JPEG the server made, and as the original where there is none', () => {
  expect(pictureOf({ image_url: '/original.heic', display_url: '/display.jpg' })).toBe('/display.jpg')
  expect(pictureOf({ image_url: '/original.jpg', display_url: null })).toBe('/original.jpg')
  expect(pictureOf({ image_url: '/original.jpg' })).toBe('/original.jpg')
})
