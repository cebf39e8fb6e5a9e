/** The page's own font files, told to the map: one list of faces for both. */

import type { FontFacesSpecification } from 'maplibre-gl';

/** Font faces of the loaded style sheets by the name that layers use; each file is fetched when first drawn. */
export function fontFaces(): FontFacesSpecification {
  const faces: { url: string; range: string[]; latin: boolean }[] = [];
  for (const sheet of document.styleSheets) {
    for (const rule of sheet.cssRules) {
      if (!(rule instanceof CSSFontFaceRule)) continue;
      const file = /url\("?([^")]+)"?\)/.exec(rule.style.getPropertyValue('src'))?.[1];
      const range = rule.style.getPropertyValue('unicode-range');
      if (!file || !range) continue;
      faces.push({
        url: new URL(file, sheet.href ?? location.href).href,
        range: range.split(',').map((part) => part.trim().toUpperCase()),
        latin: rule.style.getPropertyValue('font-family').includes(LATIN),
      });
    }
  }
  // Where two files have a letter, the one made for Latin draws it.
  return { [FONT]: [...faces].sort((a, b) => Number(b.latin) - Number(a.latin)).map(({ url, range }) => ({ url, 'unicode-range': range })) };
}

export const FONT = 'Noto Sans';
const LATIN = 'Noto Sans Variable';
