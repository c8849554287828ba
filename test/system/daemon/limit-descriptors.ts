import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** Lets a running process open no more than this many files. What it has open stays. */
export async function limitDescriptors(pid: number, count: number): Promise<void> {
  await promisify(execFile)('prlimit', ['--pid', String(pid), `--nofile=${count}:`])
}
