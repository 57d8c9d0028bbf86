/** All of the command but its start, in the main thread and in the others: many.ts starts threads of this file. */
import { runCommand } from "./cli.js"
import { isThread, runThread } from "./thread.js"

if (isThread()) await runThread()
else runCommand()
