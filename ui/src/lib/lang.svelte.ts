/** The page's language, and how a word or a name is said in it. */

import { recall, remember } from './storage';
import type { Lang, Names } from './types';
import { WORDS, type Word } from './words';

export const LANGS: { code: Lang; name: string; tag: string }[] = [
  { code: 'en', name: 'English', tag: 'en' },
  { code: 'zh', name: '繁體中文', tag: 'zh-Hant' },
  { code: 'pt', name: 'Português', tag: 'pt' },
];
const ORDER: Record<Lang, number> = { en: 0, zh: 1, pt: 2 };
const FALLBACK: Record<Lang, Lang[]> = { en: ['en', 'pt', 'zh'], zh: ['zh', 'pt', 'en'], pt: ['pt', 'en', 'zh'] };

function first(): Lang {
  const asked = new URLSearchParams(location.search).get('lang') ?? recall('lang') ?? navigator.language;
  if (asked.startsWith('zh')) return 'zh';
  return asked.startsWith('pt') ? 'pt' : 'en';
}

class Language {
  code = $state<Lang>(first());
  tag = $derived(LANGS.find((one) => one.code === this.code)!.tag);

  constructor() {
    document.documentElement.lang = LANGS.find((one) => one.code === this.code)!.tag;
  }

  choose(code: Lang): void {
    this.code = code;
    document.documentElement.lang = this.tag;
    remember('lang', code);
  }
}

export const language = new Language();

/** The word in the page's language, `{x}` filled from `parts`. */
export function t(word: Word, parts: Record<string, string | number> = {}): string {
  return WORDS[word][ORDER[language.code]].replace(/\{(\w+)\}/g, (_, key) => String(parts[key] ?? ''));
}

/** The word if the page knows it, else the text itself (a state or attribute that a domain added). */
export function known(word: string): string {
  return word in WORDS ? t(word as Word) : word;
}

/** Names in the page's language, else in the nearest that there is. */
export function say(names: Names | string | null | undefined): string {
  if (!names) return '';
  if (typeof names === 'string') return names;
  for (const code of FALLBACK[language.code]) if (names[code]) return names[code];
  return Object.values(names).find(Boolean) ?? '';
}

/** The name in the other official language, shown beside the first; empty where there is none. */
export function also(names: Names | null | undefined): string {
  if (!names || typeof names === 'string') return '';
  const other = language.code === 'zh' ? names.pt || names.en : names.zh;
  return other && other !== say(names) ? other : '';
}
