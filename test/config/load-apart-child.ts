import { loadApart } from '../../src/config/load-apart.ts'

// Prints the result for each file, for a file whose loading is interrupted, and for one that is loaded after that;
// then the passwords of all routers.
const ending = new AbortController()
const files = process.argv.slice(2)
const all: unknown[] = []
const passwords: string[] = []
for (const file of files) {
  const loaded = await loadApart(file, process.env, ending.signal)
  all.push(loaded)
  if (loaded?.kind === 'loaded')
    for (const { routers } of loaded.config.tenants)
      for (const { password } of routers) passwords.push(password.reveal())
}
const [file = ''] = files
const interrupted = loadApart(file, process.env, ending.signal)
ending.abort()
all.push((await interrupted) ?? 'broken off')
all.push((await loadApart(file, process.env, ending.signal)) ?? 'broken off')
console.log(JSON.stringify({ all, passwords }))
