/** All subjects, in the order of their tables. A new one is a file beside this, and a line in it. */
import type { Subject } from "../runner/model.js"
import { archives } from "./archives.js"
import { chunks } from "./chunks.js"
import { command } from "./command.js"
import { databases } from "./databases.js"
import { directAccess } from "./directAccess.js"
import { manyHandles } from "./manyHandles.js"
import { middleware } from "./middleware.js"
import { peakMemory } from "./peakMemory.js"
import { randomReads } from "./randomReads.js"
import { records } from "./records.js"
import { sequentialReads } from "./sequentialReads.js"
import { sequentialWrites } from "./sequentialWrites.js"
import { smallReads } from "./smallReads.js"
import { smallWrites } from "./smallWrites.js"
import { start } from "./start.js"
import { streams } from "./streams.js"
import { tags } from "./tags.js"
import { webReads } from "./webReads.js"

export const subjects: ReadonlyArray<Subject> = [
  smallReads,
  smallWrites,
  records,
  directAccess,
  sequentialReads,
  sequentialWrites,
  streams,
  randomReads,
  chunks,
  tags,
  webReads,
  archives,
  databases,
  manyHandles,
  middleware,
  peakMemory,
  start,
  command
]
