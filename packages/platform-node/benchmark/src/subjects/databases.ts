import { group, type Subject } from "../runner/model.js"
import { gigabytesPerSecond } from "../runner/unit.js"
import * as sql from "../ways/sql.js"

export const databases: Subject = {
  name: "sql",
  title: "pieces of 64 KiB in a database of libSQL, beside the bare client with rows of 16 KiB",
  groups: ({ folder, quick }) => {
    const database = sql.open(folder, "databases")
    // Opening and closing a file are transactions, too: they are to be a small part.
    const times = quick ? 200 : 1000
    const unit = gigabytesPerSecond(sql.pieceSize)
    return [
      group({
        times,
        rounds: 5,
        works: { "seek, readInto": database.readByLibrary, "SELECT": database.readByClient },
        rows: [{ case: "read", ours: "seek, readInto", peers: ["SELECT"], unit, target: { "SELECT": 0.5 } }]
      }),
      group({
        times,
        rounds: 5,
        works: { "writeAll, unbuffered": database.writeByLibrary, "INSERT": database.writeByClient },
        rows: [{
          case: "write, each committed",
          ours: "writeAll, unbuffered",
          peers: ["INSERT"],
          unit,
          target: { "INSERT": 0.5 }
        }]
      }),
      group({
        times,
        rounds: 5,
        works: { "writeAll, close": database.pourByLibrary, "INSERT": database.pourByClient },
        rows: [{
          case: "write, committed once",
          ours: "writeAll, close",
          peers: ["INSERT"],
          unit,
          target: { "INSERT": 0.5 }
        }]
      })
    ]
  }
}
