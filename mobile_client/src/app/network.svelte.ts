/** Whether the server can be reached, as far as we know: the browser's word, corrected by our own requests. */
class Network {
  #browser = $state(navigator.onLine)
  #reached = $state(true)
  /** Told when the server may be reachable again after it was not. */
  onBack: () => void = () => undefined

  constructor() {
    addEventListener('online', () => {
      this.#browser = true
      // A new network deserves a new try; the next request tells.
      this.#reached = true
      this.onBack()
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
    if (reached && !before) this.onBack()
  }
}

export const network = new Network()
