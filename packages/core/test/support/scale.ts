/** How many runs a random test makes: `MMIO_TEST_SCALE` times as many as it says. */
export const scale = (runs: number): number => Math.ceil(runs * Number(process.env["MMIO_TEST_SCALE"] ?? 1))
