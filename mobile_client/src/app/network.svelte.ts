/** Whether the server can be reached, as far as we know: the browser's word, corrected by our own requests. */
class Network {
  #browser = $state(navigator.onLine)
  #reached = $state(true)
  #waiting = new Set<() => void>()

  constructor() {
    addEventListener('online', () => {
      this.#browser = true
      // A new network deserves a new try; the next request tells.
      this.#reached = true
      this.#tell()
    })
    addEventListener('offline', () => (this.#browser = false))
  }

  get online(): boolean {
    return this.#browser && this.#reached
  }

  /** The browser itself says that there is no network: trying is of no use. */
  get cutOff(): boolean {
    return !this.#browser
  }

  heard(reached: boolean): void {
    const before = this.#reached
    this.#reached = reached
    if (reached && !before) this.#tell()
  }

  /** Calls `then` whenever the server may be reachable again after it was not. Returns how to stop that. */
  onBack(then: () => void): () => void {
    this.#waiting.add(then)
    return () => void this.#waiting.delete(then)
  }

  #tell(): void {
    for (const then of [...this.#waiting]) then()
  }
}

export const network = new Network()
