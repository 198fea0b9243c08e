/** First characters of the hash of `icons.svg` (see vite/icon-sprite.ts). */
declare const __ICONS_VERSION__: string;
