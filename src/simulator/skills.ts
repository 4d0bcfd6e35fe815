/** Which skill group the contacts of a channel come by. */
export const SKILL_OF_CHANNEL: Readonly<Record<string, string>> = {
  voice: 'sk_voice',
  webchat: 'sk_webchat',
  email: 'sk_email',
};
