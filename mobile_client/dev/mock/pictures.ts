/** A shelf drawn as SVG: enough to see that pictures, marks and layouts work. Not a photo, and not shipped. */
export function shelf(seed: number, gaps: number[], marked: boolean): string {
  const parts: string[] = ['<rect width="800" height="600" fill="#d8d2c4"/>']
  for (let row = 0; row < 3; row++) {
    const base = 60 + row * 180
    parts.push(`<rect y="${base + 130}" width="800" height="16" fill="#8d8577"/>`)
    for (let slot = 0; slot < 10; slot++) {
      const place = row * 10 + slot
      const x = 14 + slot * 78
      if (gaps.includes(place)) {
        if (marked) parts.push(`<rect x="${x}" y="${base}" width="74" height="130" fill="#ff3b30" fill-opacity=".25" stroke="#d70015" stroke-width="5"/>`)
        continue
      }
      const hue = (seed * 47 + Math.floor(place / 3) * 61) % 360
      parts.push(`<rect x="${x}" y="${base + 12}" width="68" height="118" rx="8" fill="hsl(${hue} 45% 48%)"/>`)
      parts.push(`<rect x="${x + 8}" y="${base + 50}" width="52" height="34" fill="#fff" fill-opacity=".85"/>`)
    }
    if (marked) parts.push(`<rect x="6" y="${base - 4}" width="788" height="138" fill="none" stroke="#0a84ff" stroke-width="4"/>`)
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 600" width="800" height="600">${parts.join('')}</svg>`
}
