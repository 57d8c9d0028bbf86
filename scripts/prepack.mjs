/**
 * Run by the `prepack` of every package, in its folder: only pnpm writes versions for what the workspace calls
 * `workspace:`, so nothing else packs. What was packed is checked by packages.mjs.
 */
const packer = process.env.npm_config_user_agent ?? "nothing that says its name"
if (!packer.startsWith("pnpm/")) {
  console.error(`Pack with pnpm: ${packer.split(" ")[0]} would leave "workspace:" in the package.json.`)
  process.exitCode = 1
}
