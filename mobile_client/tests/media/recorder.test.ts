import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Recorder, type RecordingSink } from '../../src/media/recorder.svelte'

// The texts belong to a document; here their names are enough.
vi.mock('../../src/i18n/index.svelte', () => ({ t: (key: string) => key }))

/** A microphone that gives a piece when told to. */
class FakeMediaRecorder {
  static isTypeSupported = () => true
  static last: FakeMediaRecorder
  mimeType = 'audio/webm;codecs=opus'
  state = 'inactive'
  ondataavailable: (event: { data: Blob }) => void = () => undefined
  onstop: () => void = () => undefined

  constructor() {
    FakeMediaRecorder.last = this
  }

  start(): void {
    this.state = 'recording'
  }

  speak(words: string): void {
    this.ondataavailable({ data: new Blob([words]) })
  }

  stop(): void {
    this.state = 'inactive'
    this.speak('the rest')
    this.onstop()
  }
}

/** A phone with room for so many pieces. */
class FakeSink implements RecordingSink {
  pieces: string[] = []
  finished: (number | null)[] = []
  error: Error = new DOMException('full', 'QuotaExceededError')
  finishFails = false
  beginFails = false

  constructor(private readonly room: number) {}

  async begin(): Promise<void> {
    if (this.beginFails) throw this.error
  }

  async piece(n: number, bytes: ArrayBuffer): Promise<void> {
    if (n >= this.room) throw this.error
    this.pieces.push(new TextDecoder().decode(bytes))
  }

  async finish(duration_s: number | null): Promise<boolean> {
    this.finished.push(duration_s)
    if (this.finishFails) throw this.error
    return this.pieces.length > 0
  }
}

beforeEach(() => {
  const stream = { getTracks: () => [{ stop: () => undefined }] }
  vi.stubGlobal('MediaRecorder', FakeMediaRecorder)
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: () => Promise.resolve(stream) } })
  vi.stubGlobal(
    'AudioContext',
    class {
      resume = () => Promise.resolve()
      close = () => Promise.resolve()
      createAnalyser = () => ({ fftSize: 32, getFloatTimeDomainData: () => undefined })
      createMediaStreamSource = () => ({ connect: () => undefined })
    },
  )
  vi.spyOn(console, 'error').mockImplementation(() => undefined)
})

afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

async function recordInto(sink: RecordingSink, words: string[]): Promise<Recorder> {
  const recorder = new Recorder(() => sink)
  await recorder.start()
  for (const word of words) FakeMediaRecorder.last.speak(word)
  return recorder
}

const over = (recorder: Recorder) => vi.waitFor(() => expect(recorder.state).toBe('idle'))

describe('a recording', () => {
  test('is kept piece by piece and finished with its length', async () => {
    const sink = new FakeSink(99)
    const recorder = await recordInto(sink, ['one', 'two'])
    recorder.stop()
    await over(recorder)
    expect(sink.pieces).toEqual(['one', 'two', 'the rest'])
    expect(sink.finished).toEqual([expect.any(Number)])
    expect(recorder.problem).toBe('')
  })

  test('stops by itself when the storage is full, says so, and finishes with the pieces that are there', async () => {
    const sink = new FakeSink(2)
    const recorder = await recordInto(sink, ['one', 'two', 'three', 'four'])
    await over(recorder)
    expect(FakeMediaRecorder.last.state).toBe('inactive')
    expect(sink.pieces).toEqual(['one', 'two'])
    expect(sink.finished).toEqual([null])
    expect(recorder.problem).toBe('voice.full')
  })

  test('has no hole: what comes after a failed piece is not kept, even if there is room again', async () => {
    const sink = new FakeSink(99)
    const keep = sink.piece.bind(sink)
    sink.piece = (n, bytes) => (n === 1 ? Promise.reject(sink.error) : keep(n, bytes))
    const recorder = await recordInto(sink, ['one', 'two', 'three'])
    await over(recorder)
    expect(sink.pieces).toEqual(['one'])
  })

  test('of which nothing could be kept is not said to be kept', async () => {
    const sink = new FakeSink(0)
    const recorder = await recordInto(sink, ['one'])
    await over(recorder)
    expect(recorder.problem).toBe('voice.full_not_kept')
  })

  test('that could not even begin stops too', async () => {
    const sink = Object.assign(new FakeSink(9), { beginFails: true, error: new Error('broken') })
    const recorder = await recordInto(sink, ['one'])
    await over(recorder)
    expect(sink.pieces).toEqual([])
    expect(recorder.problem).toBe('voice.not_kept')
  })

  test('that cannot be finished is said to lie on the phone in parts', async () => {
    const sink = Object.assign(new FakeSink(9), { finishFails: true })
    const recorder = await recordInto(sink, ['one'])
    recorder.stop()
    await over(recorder)
    expect(recorder.problem).toBe('voice.in_parts')
  })
})
