import type { TestStorage } from "./driver.js"

/** Whether every write began where the one before it ended, and nothing else was asked: what a pipe can take. */
export const wasWrittenInOnePass = ({ log }: TestStorage): boolean => {
  let end = 0
  return log.every(({ call, count, offset }) => {
    const continues = call === "close" || ((call === "write" || call === "writeFlush") && offset === end)
    end += count
    return continues
  })
}
