import { post } from './posting.ts'

// Until it is killed, or its parent is gone.
process.once('message', text => post(JSON.parse(String(text))))
process.once('disconnect', () => process.exit())
