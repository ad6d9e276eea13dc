// What a device may do in a meeting, or not. Generated from `meeting::Right`, and not to be edited.

/** Every right, in the order in which the server tells of them. */
export const RIGHTS = ['microphone', 'camera', 'screen', 'chat', 'reactions'] as const;

export type Right = (typeof RIGHTS)[number];
