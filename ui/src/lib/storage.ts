/** What this browser remembers for its user; a browser that refuses storage forgets, nothing breaks. */

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`guia.${key}`);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(`guia.${key}`, value);
  } catch {
    // Private windows may refuse; the choice then lasts for this page only.
  }
}
