// The settings of a space as this page shows them, and each change as the request that makes it. Google's contract spells
// switches in four ways; here a switch is a boolean.

import type {
  SpaceConfigAccessType as AccessType,
  SpaceConfigEntryPointAccess as EntryPointAccess,
  SpaceConfig,
} from '../../api/generated/messages.ts';

export const ACCESS_TYPES = ['OPEN', 'TRUSTED', 'RESTRICTED'] as const satisfies readonly AccessType[];

/** Through what people come in. */
export const ENTRY_POINTS = ['ALL', 'CREATOR_APP_ONLY'] as const satisfies readonly EntryPointAccess[];

/** What hosts may keep to themselves while they manage the meeting. */
export const RESTRICTIONS = ['chat', 'reactions', 'presenting', 'viewers'] as const;
export type RestrictionKind = (typeof RESTRICTIONS)[number];

export interface Settings {
  accessType: AccessType;
  entryPoints: EntryPointAccess;
  moderation: boolean;
  restrictions: Record<RestrictionKind, boolean>;
}

export function settingsOf(config: SpaceConfig): Settings {
  const restrictions = config.moderationRestrictions ?? {};
  return {
    accessType: config.accessType ?? 'TRUSTED',
    entryPoints: config.entryPointAccess ?? 'ALL',
    moderation: config.moderation === 'ON',
    restrictions: {
      chat: restrictions.chatRestriction === 'HOSTS_ONLY',
      reactions: restrictions.reactionRestriction === 'HOSTS_ONLY',
      presenting: restrictions.presentRestriction === 'HOSTS_ONLY',
      viewers: restrictions.defaultJoinAsViewerType === 'ON',
    },
  };
}

/** What these become when moderation is switched: off, it takes its restrictions with it. */
export function withModeration(settings: Settings, on: boolean): Settings {
  const { restrictions } = settingsOf({});
  return on ? { ...settings, moderation: on } : { ...settings, moderation: on, restrictions };
}

export interface Change {
  updateMask: string;
  config: SpaceConfig;
}

export function accessChange(accessType: AccessType): Change {
  return { updateMask: 'config.accessType', config: { accessType } };
}

export function entryPointChange(entryPointAccess: EntryPointAccess): Change {
  return { updateMask: 'config.entryPointAccess', config: { entryPointAccess } };
}

export function moderationChange(on: boolean): Change {
  return { updateMask: 'config.moderation', config: { moderation: on ? 'ON' : 'OFF' } };
}

export function restrictionChange(kind: RestrictionKind, on: boolean): Change {
  const restriction = on ? 'HOSTS_ONLY' : 'NO_RESTRICTION';
  const within = (field: string, moderationRestrictions: SpaceConfig['moderationRestrictions']): Change => ({
    updateMask: `config.moderationRestrictions.${field}`,
    config: { moderationRestrictions: moderationRestrictions ?? {} },
  });
  switch (kind) {
    case 'chat':
      return within('chatRestriction', { chatRestriction: restriction });
    case 'reactions':
      return within('reactionRestriction', { reactionRestriction: restriction });
    case 'presenting':
      return within('presentRestriction', { presentRestriction: restriction });
    case 'viewers':
      return within('defaultJoinAsViewerType', { defaultJoinAsViewerType: on ? 'ON' : 'OFF' });
  }
}

/** What the server takes. */
export const RETENTION_DAYS_MAX = 36_500;

/** Days as somebody typed them; `null` if that is no number of days. */
export function daysIn(text: string): number | null {
  const days = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return days >= 1 && days <= RETENTION_DAYS_MAX ? days : null;
}
