// Questions to the browser that a person answers, or a device that warms up: the answer may come when nobody wants it any more.
// Only the answer to the last question counts, until that is withdrawn.

export interface Questions {
  /** Begins a question, and gives whether its answer still counts. */
  ask(): () => boolean;
  /** Whatever was asked: its answer counts no more. */
  withdraw(): void;
  /** For good. */
  close(): void;
}

export function openQuestions(): Questions {
  let last = 0;
  let closed = false;
  const withdraw = () => {
    last += 1;
  };
  return {
    ask() {
      withdraw();
      const question = last;
      return () => !closed && question === last;
    },
    withdraw,
    close() {
      closed = true;
    },
  };
}
