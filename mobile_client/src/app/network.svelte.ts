/** Whether the server can be reached, as far as we know: the browser's word, corrected by our own requests. */
class Network {
  #browser = $state(navigator.onLine)
  #reached = $state(true)

  constructor() {
    addEventListener('online', () => {
      this.#browser = true
      // A new network deserves a new try; the next request tells.
      this.#reached = true
    })
    addEventListener('offline', () => (this.#browser = false))
  }

  get online(): boolean {
    return this.#browser && this.#reached
  }

  heard(reached: boolean): void {
    this.#reached = reached
  }
}

export const network = new Network()
