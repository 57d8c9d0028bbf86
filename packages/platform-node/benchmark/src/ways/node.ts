/** How node:fs is used. */
import * as fs from "node:fs"

export const opened = <A>(file: string, flags: "r" | "w" | "r+", use: (fd: number) => A): A => {
  const fd = fs.openSync(file, flags)
  try {
    return use(fd)
  } finally {
    fs.closeSync(fd)
  }
}

export const openedAsync = async <A>(
  file: string,
  flags: "r" | "w" | "r+",
  use: (fd: number) => Promise<A>
): Promise<A> => {
  const fd = fs.openSync(file, flags)
  try {
    return await use(fd)
  } finally {
    fs.closeSync(fd)
  }
}

/** Calls a function with a callback so many times, each when the one before has called back with a number of bytes. */
export const callbacks = (
  times: number,
  call: (i: number, done: (error: Error | null, count: number) => void) => void,
  each: (count: number, i: number) => void
): Promise<void> =>
  new Promise((resolve, reject) => {
    const next = (i: number): void => {
      if (i === times) return resolve()
      call(i, (error, count) => {
        if (error) return reject(error)
        each(count, i)
        next(i + 1)
      })
    }
    next(0)
  })

/** The pieces of a read stream, as fast as they come. */
export const flow = (stream: fs.ReadStream, each: (bytes: Buffer) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    // a stream without an encoding gives no strings
    stream.on("data", (bytes) => each(bytes as Buffer)).on("end", resolve).on("error", reject)
  })

/** Writes to a write stream so many times, waiting where it asks for that, and ends it. */
export const pour = (stream: fs.WriteStream, times: number, source: (i: number) => Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    let i = 0
    const more = (): void => {
      while (i < times) {
        if (!stream.write(source(i++))) {
          stream.once("drain", more)
          return
        }
      }
      stream.end()
    }
    stream.on("close", resolve).on("error", reject)
    more()
  })
