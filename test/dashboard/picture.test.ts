import { expect, test } from 'vitest'
import { isPictureOfLook, RENEWAL } from '../tools/browser/picture.ts'

test(`the README's picture is of the dashboard as it is; to take it again: ${RENEWAL}`, () => {
  expect(isPictureOfLook()).toBe(true)
})
