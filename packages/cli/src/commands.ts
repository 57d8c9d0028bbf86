/** The subcommands as @effect/cli reads them from the command line. What each does is a module of its own. */
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as HelpDoc from "@effect/cli/HelpDoc"
import * as Options from "@effect/cli/Options"
import * as Effect from "effect/Effect"
import { copy } from "./commands/copy.js"
import { cue } from "./commands/cue.js"
import { digest } from "./commands/digest.js"
import { extract } from "./commands/extract.js"
import { info } from "./commands/info.js"
import { insert } from "./commands/insert.js"
import { map } from "./commands/map.js"
import { recover } from "./commands/recover.js"
import { repair } from "./commands/repair.js"
import { tag } from "./commands/tag.js"
import { tree } from "./commands/tree.js"
import { verify } from "./commands/verify.js"
import { run } from "./run.js"

/** What a command that changes chunks does with a file that is damaged. */
const damagedStays = "A file whose sizes are unknown or wrong is left as it is: mmio repair corrects them"

/** An argument that is no option in disguise: `--jsno` would be taken for a file, and `-` is one. */
const argument = (name: string, description: string) =>
  Args.text({ name }).pipe(
    Args.withDescription(description),
    Args.mapEffect((text) =>
      text.length > 1 && text.startsWith("-")
        ? Effect.fail(HelpDoc.p(`There is no option '${text}' here; a file of that name is ./${text}`))
        : Effect.succeed(text)
    )
  )

const files = argument("file", "A file, or - for standard input").pipe(Args.atLeast(1))
const changedFiles = argument("file", "A file").pipe(Args.atLeast(1))
const filesAndFolders = argument("file", "A file, a folder with all below it, or - for standard input").pipe(
  Args.atLeast(1)
)
const file = argument("file", "A file, or - for standard input")
const changedFile = argument("file", "A file")
const chunk = argument("chunk", "A chunk: an id as iXML, or a path as 'RIFF:WAVE / LIST:INFO / INAM'")

const json = Options.boolean("json").pipe(Options.withDescription("Print one JSON object a line"))
const force = Options.boolean("force").pipe(
  Options.withAlias("f"),
  Options.withDescription("Replace a file that exists; write into a device or a pipe")
)

const treeCommand = Command.make("tree", { names: files, json }, (options) => run("tree", options.json, tree(options)))
  .pipe(
    Command.withDescription("Shows the chunks of files: where they are, what they say, and what is wrong with them")
  )

const infoCommand = Command.make(
  "info",
  { names: filesAndFolders, json },
  (options) => run("info", options.json, info(options))
).pipe(
  Command.withDescription("Shows what WAVE files say of themselves: format, duration, tags, cue points")
)

const verifyCommand = Command.make(
  "verify",
  { names: filesAndFolders, json },
  (options) => run("verify", options.json, verify(options))
).pipe(
  Command.withDescription("Says which files are damaged; the exit code is 1 if one is")
)

const repairCommand = Command.make("repair", {
  names: changedFiles,
  dryRun: Options.boolean("dry-run").pipe(Options.withDescription("Say only what would be corrected")),
  json
}, (options) => run("repair", options.json, repair(options))).pipe(
  Command.withDescription("Corrects the sizes of recordings that were not finished, or were cut")
)

const tagCommand = Command.make("tag", {
  names: argument("file", "A file; to list and to export tags, also a folder with all below it").pipe(Args.repeated),
  tags: Options.text("tag").pipe(
    Options.withAlias("t"),
    Options.withPseudoName("KEY=TEXT"),
    Options.withDescription("Set a tag: INAM=Birds, bext.description=..., iXML=...; twice the same key is two tags"),
    Options.repeated
  ),
  remove: Options.text("remove").pipe(
    Options.withAlias("r"),
    Options.withPseudoName("KEY"),
    Options.withDescription("Remove all tags of this key"),
    Options.repeated
  ),
  from: Options.text("from").pipe(
    Options.withPseudoName("document"),
    Options.withDescription("Set the tags of all files that a .json or .csv document names"),
    Options.optional
  ),
  export: Options.choice("export", ["json", "csv"]).pipe(
    Options.withDescription("Print the tags of the files as a document that --from reads"),
    Options.optional
  ),
  json
}, (options) => run("tag", options.json, tag(options))).pipe(
  Command.withDescription(`Lists, sets and removes tags of WAVE files: INFO, bext and iXML. ${damagedStays}`)
)

const cueCommand = Command.make("cue", {
  name: file,
  add: Options.text("add").pipe(
    Options.withPseudoName("POSITION[=NAME]"),
    Options.withDescription("Add a cue point at a frame (4800), or at a time (1.5s)"),
    Options.repeated
  ),
  remove: Options.text("remove").pipe(
    Options.withPseudoName("ID"),
    Options.withDescription("Remove a cue point, with its labels"),
    Options.repeated
  ),
  json
}, (options) => run("cue", options.json, cue(options))).pipe(
  Command.withDescription(`Lists, adds and removes cue points of a WAVE file. ${damagedStays}`)
)

const digestCommand = Command.make("digest", {
  names: files,
  embed: Options.boolean("embed").pipe(Options.withDescription("Store the digest in the file, as BWF MetaEdit does")),
  check: Options.boolean("check").pipe(Options.withDescription("Compare with the digest in the file")),
  json
}, (options) => run("digest", options.json, digest(options))).pipe(
  Command.withDescription(`Prints the MD5 of the sound alone: other tags do not change it. ${damagedStays}`)
)

const extractCommand = Command.make("extract", {
  name: file,
  chunk,
  output: Options.text("output").pipe(
    Options.withAlias("o"),
    Options.withDescription("Where to write it; - is standard output"),
    Options.withDefault("-")
  ),
  force,
  json
}, (options) => run("extract", options.json, extract(options))).pipe(
  Command.withDescription("Writes the data of a chunk to a file")
)

const insertCommand = Command.make("insert", {
  name: changedFile,
  chunk,
  data: Options.text("data").pipe(
    Options.withAlias("d"),
    Options.withPseudoName("file"),
    Options.withDescription("What has the data of the chunk; - is standard input")
  ),
  before: Options.text("before").pipe(
    Options.withPseudoName("chunk"),
    Options.withDescription("Put it before this chunk; default: at the end of what it is in"),
    Options.optional
  ),
  after: Options.text("after").pipe(
    Options.withPseudoName("chunk"),
    Options.withDescription("Put it after this chunk"),
    Options.optional
  ),
  replace: Options.boolean("replace").pipe(Options.withDescription("Replace the chunk if it is there")),
  json
}, (options) => run("insert", options.json, insert(options))).pipe(
  Command.withDescription(`Puts a chunk into a file. ${damagedStays}`)
)

const copyCommand = Command.make("copy", {
  from: file,
  to: argument("target", "Where to, or - for standard output"),
  force,
  json
}, (options) => run("copy", options.json, copy(options))).pipe(
  Command.withDescription("Copies a file, also from one storage to another")
)

const mapCommand = Command.make("map", {
  name: file,
  svg: Options.text("svg").pipe(
    Options.withPseudoName("file"),
    Options.withDescription("Draw it into an SVG file; - is standard output"),
    Options.optional
  ),
  force,
  json
}, (options) => run("map", options.json, map(options))).pipe(
  Command.withDescription("Draws how a file is laid out")
)

const recoverCommand = Command.make("recover", {
  names: changedFiles,
  discard: Options.boolean("discard").pipe(
    Options.withDescription("Remove a journal that cannot be used; the file stays as it is")
  ),
  json
}, (options) => run("recover", options.json, recover(options))).pipe(
  Command.withDescription("Finishes an edit that a crash has left in the middle")
)

/** All of the command. */
export const mmio = Command.make("mmio").pipe(
  Command.withDescription(
    "Looks at, checks, repairs and tags RIFF files: WAV, RF64, Wave64, AVI, WebP and their relatives"
  ),
  Command.withSubcommands([
    treeCommand,
    infoCommand,
    verifyCommand,
    repairCommand,
    tagCommand,
    cueCommand,
    digestCommand,
    extractCommand,
    insertCommand,
    copyCommand,
    mapCommand,
    recoverCommand
  ])
)
