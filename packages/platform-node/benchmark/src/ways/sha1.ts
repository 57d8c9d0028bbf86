/** What a file holds, in short. */
import * as crypto from "node:crypto"
import * as fs from "node:fs"

export const sha1 = (file: string): string => crypto.createHash("sha1").update(fs.readFileSync(file)).digest("hex")
