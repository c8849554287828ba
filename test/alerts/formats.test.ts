import { describe, expect, it, test } from 'vitest'
import { contentFor, type ReadFormat } from '../../src/alerts/formats.ts'
import { sentenceOf, wordingOf } from '../../src/alerts/wording/wording.ts'
import { textOf, type Words } from '../../src/alerts/wording/words.ts'
import { ACME, NASTY, nasty, SENTENCES } from './wording/sentences.ts'

const [, outage] = SENTENCES[3] ?? expect.fail()
const OUTAGE = sentenceOf(wordingOf('fired', outage, ACME))
/** Sentences with nasty names. */
const HOSTILE = NASTY.map(it => sentenceOf(wordingOf('fired', ...nasty(it))))
const CHAT = '-1001234567890'

function bodyOf(format: ReadFormat, sentence: Words): { readonly [key: string]: unknown } {
  const { type, body } = contentFor(format, sentence)
  expect(type).toBe('application/json')
  return JSON.parse(body)
}

/** The text outside of code. A code span is what is between two backticks. */
function outsideCode(markdown: unknown): string {
  const parts = String(markdown).split('`')
  expect(parts.length % 2).toBe(1)
  return parts.filter((_, index) => index % 2 === 0).join('`')
}

test('text is the sentence', () => {
  expect(contentFor({ kind: 'text' }, OUTAGE)).toEqual({
    ...{ type: 'text/plain; charset=utf-8', body: textOf(OUTAGE) },
  })
})

describe('Slack', () => {
  it('gets names as code, in a block in which nothing is parsed, and in the text of notifications', () => {
    expect(bodyOf({ kind: 'slack' }, OUTAGE)).toMatchObject({
      text: 'Router `hq` (`Acme WISP`) is offline: not read for 10 min, since 2026-11-26 12:50 (Africa/Nairobi); `no answer within 10 s`.',
      blocks: [
        {
          type: 'rich_text',
          elements: [
            {
              type: 'rich_text_section',
              elements: expect.arrayContaining([
                { type: 'text', text: 'Router ' },
                { type: 'text', text: 'hq', style: { code: true } },
              ]),
            },
          ],
        },
      ],
    })
  })

  it.each(HOSTILE)('cannot be made to notify anybody, or to show a link', (...sentence) => {
    const { text } = bodyOf({ kind: 'slack' }, sentence)
    expect(text).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/)
    expect(outsideCode(text)).not.toMatch(/evil|@|\*|~/)
    expect(String(text).length).toBeLessThan(3_000)
  })
})

describe('Discord', () => {
  it('gets names as code, mentions nobody, and shows no previews', () => {
    expect(bodyOf({ kind: 'discord' }, OUTAGE)).toEqual({
      content:
        'Router `hq` (`Acme WISP`) is offline: not read for 10 min, since 2026-11-26 12:50 (Africa/Nairobi); `no answer within 10 s`.',
      allowed_mentions: { parse: [] },
      flags: 4,
    })
  })

  it.each(HOSTILE)('cannot be made to show markup or a link', (...sentence) => {
    const { content } = bodyOf({ kind: 'discord' }, sentence)
    expect(outsideCode(content)).not.toMatch(/evil|@|\*|~|https?:/)
  })

  it('gets at most 2,000 characters', () => {
    expect(String(bodyOf({ kind: 'discord' }, longest())['content']).length).toBeLessThanOrEqual(2_000)
  })
})

describe('Telegram', () => {
  it('gets plain text for a chat, with names as code', () => {
    const body = bodyOf({ kind: 'telegram', chat: CHAT }, OUTAGE)
    expect(body).toEqual({
      ...{ chat_id: CHAT, text: textOf(OUTAGE), link_preview_options: { is_disabled: true } },
      entities: [
        { type: 'code', offset: 7, length: 2 },
        { type: 'code', offset: 11, length: 9 },
        { type: 'code', offset: textOf(OUTAGE).indexOf('no answer'), length: 21 },
      ],
    })
  })

  it('sees links, mentions and commands in code only, which it does not look for there', () => {
    for (const sentence of [...HOSTILE, sentenceOf(wordingOf('fired', ...nasty('😀 @admin 😀')))]) {
      const body = bodyOf({ kind: 'telegram', chat: CHAT }, sentence)
      let [rest, end] = [String(body['text']), 0]
      expect(rest.length).toBeLessThan(4_096)
      const outside: string[] = []
      for (const { offset, length } of entitiesOf(body['entities'])) {
        outside.push(rest.slice(end, offset))
        end = offset + length
      }
      rest = [...outside, rest.slice(end)].join('')
      expect(rest).not.toMatch(/evil|@|#|\/start/)
    }
  })
})

describe('Teams', () => {
  it('gets an Adaptive Card for a workflow, with names in bold', () => {
    expect(bodyOf({ kind: 'teams' }, OUTAGE)).toMatchObject({
      type: 'message',
      attachments: [
        {
          contentType: 'application/vnd.microsoft.card.adaptive',
          contentUrl: null,
          content: {
            ...{ type: 'AdaptiveCard', version: '1.4' },
            body: [
              {
                type: 'RichTextBlock',
                inlines: expect.arrayContaining([
                  { type: 'TextRun', text: 'Router ' },
                  { type: 'TextRun', text: 'hq', weight: 'Bolder' },
                ]),
              },
            ],
          },
        },
      ],
    })
  })

  it.each(HOSTILE)('gets no Markdown and no function of cards', (...sentence) => {
    const { body } = contentFor({ kind: 'teams' }, sentence)
    expect(body).not.toContain('"TextBlock"')
    expect(body).not.toContain('{{')
  })

  it('gets less than 28 KB', () => {
    expect(Buffer.byteLength(contentFor({ kind: 'teams' }, longest()).body)).toBeLessThan(28_000)
  })
})

/** Every name as long as it can be, in characters of four bytes that JSON and HTML lengthen. */
function longest(): Words {
  return sentenceOf(wordingOf('fired', ...nasty('&'.repeat(5_000))))
}

function entitiesOf(value: unknown): readonly { readonly offset: number; readonly length: number }[] {
  return JSON.parse(JSON.stringify(value))
}
