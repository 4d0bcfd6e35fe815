/** What of Latin letters no normal form takes apart, and the capital ß, which is one already and not its SS. */
const TAKEN_APART: Readonly<Record<string, string>> = {
  Æ: 'AE',
  Ð: 'D',
  Đ: 'D',
  Ħ: 'H',
  Ł: 'L',
  Ø: 'O',
  Œ: 'OE',
  Þ: 'TH',
  ẞ: 'SS',
};
const TO_TAKE_APART = new RegExp(`[${Object.keys(TAKEN_APART).join('')}]`, 'g');

/** Of Latin, Greek and Cyrillic letters; the marks of other scripts, such as vowels, make another word. */
const ACCENTS = /[\u0300-\u036f]/g;

/**
 * Text to be compared whatever its case and accents: `özil`, `ÖZIL` and `Ozil` are the same. In capitals, because `ß`
 * and `SS`, `ı` and `I`, `ς` and `Σ` are one there and two in small letters; of ASCII the same as SQLite's `upper`.
 */
export function foldedText(text: string): string {
  const capitals = text.normalize('NFKD').replace(ACCENTS, '').toUpperCase();
  return capitals.replace(TO_TAKE_APART, (letter) => TAKEN_APART[letter] ?? letter);
}
