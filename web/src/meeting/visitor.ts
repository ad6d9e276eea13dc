// Whom the server takes us for, across all connections of a visit, and what we ask of it in that name. The rules are in
// `admission.ts`.

import { type ReadonlySignal, signal } from '@preact/signals';
import type { Device, IceServer } from '../api/generated/messages.ts';
import * as meetings from '../api/meetings.ts';
import { admitted, entryRequest, joinedAs, leaveRequest, type Ourselves, UNADMITTED } from './admission.ts';
import { rememberLetIn, rememberResumeSecret, resumeSecret } from './preferences.ts';

export interface VisitorOptions {
  code: string;
  /** `null` for somebody who is signed in: the account's name is shown. */
  displayName: string | null;
  /** The relays that the server told of before. */
  iceServers: readonly IceServer[];
}

export interface Visitor {
  ourselves: ReadonlySignal<Ourselves>;
  /** The relays that the server told of last. */
  iceServers(): readonly IceServer[];
  enter(wish: 'join' | 'resume', offer: string, cancelled: AbortSignal): Promise<meetings.Admission>;
  admitted(admission: meetings.Admission): void;
  joinedAs(session: string | undefined): void;
  /** Takes back an admission that came too late. */
  withdraw(admission: meetings.Admission): void;
  /** Says whether one agrees to be recorded. */
  answerRecording(agrees: boolean): Promise<void>;
  leave(): void;
  /** For a page that is going away. */
  leaveAtOnce(): void;
}

/** `device` is what the person wants to be there with when they enter next. */
export function openVisitor({ code, displayName, iceServers }: VisitorOptions, device: () => Device): Visitor {
  const ourselves = signal<Ourselves>(UNADMITTED);
  const name = displayName === null ? {} : { displayName };
  const withdraw = (admission: meetings.Admission) => meetings.leaveAtOnce(code, leaveRequest(admission));
  return {
    ourselves,
    iceServers: () => ourselves.peek().admission?.iceServers ?? iceServers,
    enter(wish, offer, cancelled) {
      const introduction = { offer, device: device(), ...name };
      const asked = entryRequest(wish, ourselves.peek().proof, resumeSecret(code), introduction);
      return asked.verb === 'resume'
        ? meetings.resume(code, asked.request, cancelled)
        : meetings.join(code, asked.request, cancelled);
    },
    admitted(admission) {
      ourselves.value = admitted(ourselves.peek(), admission);
    },
    joinedAs(session) {
      ourselves.value = joinedAs(ourselves.peek(), session);
      const { proof } = ourselves.peek();
      if (proof) rememberResumeSecret(code, proof.resumeSecret);
      rememberLetIn(code, true);
    },
    withdraw,
    async answerRecording(agrees) {
      const { admission } = ourselves.peek();
      if (admission) await meetings.answerRecording(code, { ...leaveRequest(admission), agrees });
    },
    leave() {
      const { admission } = ourselves.peek();
      if (admission) meetings.leave(code, leaveRequest(admission)).catch(() => undefined);
    },
    leaveAtOnce() {
      const { admission } = ourselves.peek();
      if (admission) withdraw(admission);
    },
  };
}
