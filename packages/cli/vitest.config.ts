import { mergeConfig } from "vitest/config"
import shared, { withPrograms } from "../../vitest.shared.js"

// all of them run the command
export default mergeConfig(shared, { test: { exclude: withPrograms ? [] : ["**"] } })
