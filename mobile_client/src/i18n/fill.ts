export type Params = Record<string, string | number>

/** Puts values into `{name}` places and picks the singular or plural half of `a|b` by `n`. */
export function fill(template: string, params: Params): string {
  const [one, many] = template.split('|') as [string, string?]
  const chosen = many !== undefined && params.n !== 1 ? many : one
  return chosen.replace(/\{(\w+)\}/g, (place, name: string) => String(params[name] ?? place))
}
