/** The ways to read a file on a web server. */
import { Mmio, Wave } from "@effect-mmio/core"
import { HttpIOProc } from "@effect-mmio/http"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { makeTokenizer } from "@tokenizer/http"
import { Effect, Layer } from "effect"
import { parseFromTokenizer } from "music-metadata"
import { Worker } from "node:worker_threads"
import { mix } from "./mix.js"

export const noiseSize = 16 * 2 ** 20
export const soundSize = 500_000_000
const rangeSize = 64 * 1024

/** Starts the server, and waits for it, which takes some milliseconds. It ends with the process. */
export const startServer = (): string => {
  const told = new Int32Array(new SharedArrayBuffer(4))
  new Worker(new URL("../children/webServer.js", import.meta.url), { workerData: told }).unref()
  Atomics.wait(told, 0, 0)
  return `http://127.0.0.1:${told[0]}`
}

const storage = Layer.provide(HttpIOProc.layer, FetchHttpClient.layer)

/** Where the ranges are: not in sequence, and not at the start. */
const positionOf = (time: number): number => ((time * 37) % 200 + 1) * rangeSize

export const rangesByLibrary = (url: string, times: number): Promise<number> =>
  Effect.runPromise(
    Effect.gen(function*() {
      const file = yield* Mmio.open(url, { buffer: "none" })
      const target = new Uint8Array(rangeSize)
      let sum = 0
      for (let time = 0; time < times; time++) {
        yield* Mmio.seek(file, positionOf(time))
        sum = mix(sum, target, yield* Mmio.readInto(file, target))
      }
      return sum
    }).pipe(Effect.scoped, Effect.provide(storage))
  )

const fetchRange = async (url: string, position: number, length: number): Promise<Uint8Array> => {
  const response = await fetch(url, { headers: { range: `bytes=${position}-${position + length - 1}` } })
  return new Uint8Array(await response.arrayBuffer())
}

export const rangesByFetch = async (url: string, times: number): Promise<number> => {
  let sum = 0
  for (let time = 0; time < times; time++) {
    const bytes = await fetchRange(url, positionOf(time), rangeSize)
    sum = mix(sum, bytes, bytes.length)
  }
  return sum
}

export const rangesByTokenizer = async (url: string, times: number): Promise<number> => {
  const tokenizer = await makeTokenizer(url)
  const target = new Uint8Array(rangeSize)
  let sum = 0
  for (let time = 0; time < times; time++) {
    sum = mix(sum, target, await tokenizer.readBuffer(target, { position: positionOf(time) }))
  }
  await tokenizer.close()
  return sum
}

/** The sample rate and the title. */
export const infoByLibrary = (url: string, times: number): Promise<string> =>
  Effect.runPromise(
    Effect.gen(function*() {
      let answer = ""
      for (let time = 0; time < times; time++) {
        const { format, tags } = yield* Effect.scoped(Effect.flatMap(Mmio.open(url), Wave.info))
        answer = `${format.sampleRate} ${tags.find(({ id }) => id === "INAM")?.text}`
      }
      return answer
    }).pipe(Effect.provide(storage))
  )

export const infoByMusicMetadata = async (url: string, times: number): Promise<string> => {
  let answer = ""
  for (let time = 0; time < times; time++) {
    const tokenizer = await makeTokenizer(url)
    const { common, format } = await parseFromTokenizer(tokenizer)
    answer = `${format.sampleRate} ${common.title}`
    await tokenizer.close()
  }
  return answer
}

/** By hand, for a file of which it is known how it is laid out: its head, and what follows the sound. */
export const infoByFetch = async (url: string, times: number): Promise<string> => {
  let answer = ""
  for (let time = 0; time < times; time++) {
    const head = await fetchRange(url, 0, 44)
    const view = new DataView(head.buffer)
    const tags = await fetchRange(url, 44 + view.getUint32(40, true), 8192)
    answer = `${view.getUint32(24, true)} ${Buffer.from(tags.subarray(20, -1)).toString()}`
  }
  return answer
}
