import { group, type Subject } from "../runner/model.js"
import { microsecondsPer } from "../runner/unit.js"
import * as web from "../ways/web.js"

export const webReads: Subject = {
  name: "web",
  title: "ranges of 64 KiB, and the facts of a WAVE file of 500 MB, from a web server of this machine",
  groups: ({ quick }) => {
    const url = web.startServer()
    const [noise, wave] = [`${url}/noise`, `${url}/wave`]
    return [
      group({
        times: { check: quick ? 10 : 100, most: 10_000 },
        rounds: 5,
        works: {
          "seek, readInto": (times) => web.rangesByLibrary(noise, times),
          "fetch": (times) => web.rangesByFetch(noise, times),
          "strtok3, @tokenizer/http": (times) => web.rangesByTokenizer(noise, times)
        },
        rows: [{
          case: "ranges of 64 KiB",
          ours: "seek, readInto",
          peers: ["fetch", "strtok3, @tokenizer/http"],
          unit: microsecondsPer("range")
        }]
      }),
      group({
        times: { check: quick ? 3 : 30, most: 10_000 },
        rounds: 5,
        works: {
          "Wave.info": (times) => web.infoByLibrary(wave, times),
          "fetch of two ranges": (times) => web.infoByFetch(wave, times),
          "music-metadata, @tokenizer/http": (times) => web.infoByMusicMetadata(wave, times)
        },
        rows: [{
          case: "Wave.info",
          ours: "Wave.info",
          peers: ["fetch of two ranges", "music-metadata, @tokenizer/http"],
          unit: microsecondsPer("file")
        }]
      })
    ]
  }
}
