// Short messages that come and go: seen in a corner, and read out.

import { type ReadonlySignal, signal } from '@preact/signals';
import { NOTICE_MS, NOTICES_MAX } from '../meeting/limits.ts';

export interface Notice {
  id: number;
  text: string;
}

export interface Notices {
  all: ReadonlySignal<readonly Notice[]>;
  say(text: string): void;
}

export function openNotices(): Notices {
  const all = signal<readonly Notice[]>([]);
  let lastId = 0;
  return {
    all,
    say(text) {
      lastId += 1;
      const notice = { id: lastId, text };
      all.value = [...all.value, notice].slice(-NOTICES_MAX);
      setTimeout(() => {
        all.value = all.value.filter(({ id }) => id !== notice.id);
      }, NOTICE_MS);
    },
  };
}

export function NoticeList({ notices }: { notices: Notices }) {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.all.value.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}
