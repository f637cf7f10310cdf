import { avatarUrl } from '../parts/avatar.ts';

// The library's own pictures stand on Discord's CDN, and this page fetches nothing from elsewhere. It reads this once, as it
// is loaded: this file has to be imported before it.
const picture = avatarUrl(null);
globalThis.$discordMessage = {
  // A name here, as the type has it, would be looked up before the names have their pictures.
  avatars: { default: picture as 'blue', blue: picture, gray: picture, green: picture, orange: picture, red: picture },
};
