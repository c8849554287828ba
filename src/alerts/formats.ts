import { textOf, type Word, type Words } from './wording/words.ts'

/** Who a message is formatted for. `json` is our own message, which programs read. */
export type Format = { readonly kind: 'json' } | ReadFormat

/** A format that people read. */
export type ReadFormat =
  | { readonly kind: 'text' | 'slack' | 'discord' | 'teams' }
  /** `chat`: a chat's number, or a channel's `@name`. */
  | { readonly kind: 'telegram'; readonly chat: string }

export const FORMATS = [
  'json',
  'text',
  'slack',
  'discord',
  'telegram',
  'teams',
] as const satisfies readonly Format['kind'][]

/** What is posted. */
export interface Content {
  readonly type: string
  readonly body: string
}

/** Discord's flag for a message whose links have no previews. */
const SUPPRESS_EMBEDS = 4

/**
 * Formats a sentence for a chat service. Sentences have a few hundred characters; the least that a service takes is
 * Discord's 2,000. Names appear as code, where the service has that: no service looks for links or mentions in there.
 */
export function contentFor(format: ReadFormat, sentence: Words): Content {
  switch (format.kind) {
    case 'text':
      return { type: 'text/plain; charset=utf-8', body: textOf(sentence) }
    case 'slack':
      return json(slack(sentence))
    case 'discord':
      return json({
        content: marked(sentence, text => text),
        // Nobody is notified, whatever the text contains.
        allowed_mentions: { parse: [] },
        flags: SUPPRESS_EMBEDS,
      })
    case 'telegram':
      return json(telegram(format.chat, sentence))
    case 'teams':
      return json(teams(sentence))
    default:
      return format satisfies never
  }
}

/**
 * `text` is for notifications, and for the servers that take Slack's format but not its blocks: Mattermost, Rocket.Chat.
 * In the block nothing is parsed.
 */
function slack(sentence: Words): object {
  const elements = sentence.map(({ text, isName }) => ({
    ...{ type: 'text', text },
    ...(isName ? { style: { code: true } } : {}),
  }))
  return {
    text: marked(sentence, escaped),
    blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }],
    unfurl_links: false,
    unfurl_media: false,
  }
}

/** Without `parse_mode` the text is plain. The entities keep Telegram from looking for links and mentions in names. */
function telegram(chat: string, sentence: Words): object {
  const entities: object[] = []
  let offset = 0
  for (const { text, isName } of sentence) {
    // In UTF-16 units, which is also how JavaScript counts.
    if (isName) entities.push({ type: 'code', offset, length: text.length })
    offset += text.length
  }
  const preview = { link_preview_options: { is_disabled: true } }
  return { chat_id: chat, text: textOf(sentence), entities, ...preview }
}

/** For a workflow "When a Teams webhook request is received". A `TextRun` has no Markdown, unlike a `TextBlock`. */
function teams(sentence: Words): object {
  const inlines = sentence.map(({ text, isName }) => ({
    ...{ type: 'TextRun', text: text.replaceAll('{{', '{\u2060{') },
    ...(isName ? { weight: 'Bolder' } : {}),
  }))
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    ...{ type: 'AdaptiveCard', version: '1.4' },
    body: [{ type: 'RichTextBlock', inlines }],
    msteams: { width: 'Full' },
  }
  const contentType = 'application/vnd.microsoft.card.adaptive'
  return { type: 'message', attachments: [{ contentType, contentUrl: null, content }] }
}

/** Markdown in which names are code. Our own words contain no markup. */
function marked(sentence: Words, escaping: (text: string) => string): string {
  return sentence.map(word => (word.isName ? code(word, escaping) : escaping(word.text))).join('')
}

/** Code ends at the next backtick, whatever precedes it. */
function code({ text }: Word, escaping: (text: string) => string): string {
  return `\`${escaping(text.replaceAll('`', "'"))}\``
}

/** Slack's three special characters. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function json(body: object): Content {
  return { type: 'application/json', body: JSON.stringify(body) }
}
