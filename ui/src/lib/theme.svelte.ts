/** Light or dark: the system's choice until the user makes one. */

import { recall, remember } from './storage';

const system = matchMedia('(prefers-color-scheme: dark)');

class Theme {
  name = $state<'light' | 'dark'>(document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light');

  constructor() {
    system.addEventListener('change', (event) => {
      if (!recall('theme')) this.#show(event.matches ? 'dark' : 'light');
    });
  }

  toggle(): void {
    this.#show(this.name === 'dark' ? 'light' : 'dark');
    remember('theme', this.name);
  }

  #show(name: 'light' | 'dark'): void {
    this.name = name;
    document.documentElement.dataset.theme = name;
  }
}

export const theme = new Theme();

/** The present value of a colour token, e.g. `token('level-4')`. */
export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export const stillness = matchMedia('(prefers-reduced-motion: reduce)');
