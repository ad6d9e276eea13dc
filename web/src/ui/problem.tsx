// Why something failed, beside what failed, and read out at once.

export function ProblemNote({ text }: { text: string | false }) {
  return (
    text && (
      <p class="problem" role="alert">
        {text}
      </p>
    )
  );
}
