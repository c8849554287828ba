import { createServer } from 'node:net'
import { answerParent } from '../child.ts'
import { repliesOf } from './block.ts'

/** Answers any request with the next reply. Its only question is the number of rows; its answer is the port. */
answerParent(async ({ rows }: { rows: number }) => {
  const replies = repliesOf(rows)
  let round = 0
  const server = createServer(socket => {
    socket.setNoDelay(true)
    socket.on('data', () => socket.write(replies[round++ % replies.length] ?? Buffer.alloc(0)))
    socket.on('error', () => socket.destroy())
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' ? address?.port : undefined
})
