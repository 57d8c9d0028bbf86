/**
 * Measures one subject, in a process of its own: what the compiler has learnt from one subject, and the memory that it
 * holds, then are no part of the times of the next. Its only argument is a task, as JSON.
 */
import { type Choice, choose } from "./runner/choose.js"
import { type Effort, measure } from "./runner/measure.js"
import type { Setting } from "./runner/model.js"
import { profiled } from "./runner/profile.js"
import { type Result, resultOf } from "./runner/result.js"
import { subjects } from "./subjects/index.js"

export interface Task {
  readonly subject: string
  readonly setting: Setting
  readonly choice: Choice
  readonly effort: Effort
}

// nothing waits for the results any more; by itself that must not keep the process running
process.once("disconnect", () => process.exit(1))
process.channel?.unref()

// written by main.ts
const task: Task = JSON.parse(process.argv[2] ?? "")
const subject = subjects.find(({ name }) => name === task.subject)
if (subject === undefined) throw new Error(`There is no subject "${task.subject}".`)

const results: Array<Result> = []
for (const whole of subject.groups(task.setting)) {
  const group = choose(whole, task.choice)
  if (group === undefined) continue
  const run = () => measure(group, task.effort)
  const { profile } = task.choice
  const summaries = await (profile === undefined
    ? run()
    : profiled(profile, `${subject.name} ${group.rows.map((row) => row.case).join(" ")}`, run))
  results.push(...group.rows.map((row) => resultOf(subject.name, row, summaries)))
}
process.send?.(results)
