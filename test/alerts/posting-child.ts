import { post } from './posting.ts'

// Runs until it is killed or its parent ends.
process.once('message', text => post(JSON.parse(String(text))))
process.once('disconnect', () => process.exit())
