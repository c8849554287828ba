#!/usr/bin/env node
import { main } from './program.ts'

// Whoever reads may have seen enough: `tikmeter help usage | head`.
process.stdout.on('error', () => {})
process.exitCode = await main(process.argv)
