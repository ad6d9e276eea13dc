// The mark: the seats of an assembly around its chair.

const SEATS = [
  { count: 7, radius: 26, size: 3.1 },
  { count: 5, radius: 16.5, size: 3.1 },
];

export function Logo({ class: className = '' }: { class?: string }) {
  return (
    <svg class={`logo ${className}`} viewBox="0 0 64 38" aria-hidden="true">
      {SEATS.flatMap(({ count, radius, size }) =>
        Array.from({ length: count }, (_, seat) => {
          const angle = (Math.PI * seat) / (count - 1);
          return (
            <circle
              key={`${radius}-${seat}`}
              cx={round(32 - radius * Math.cos(angle))}
              cy={round(31 - radius * Math.sin(angle))}
              r={size}
            />
          );
        }),
      )}
      <circle class="chair" cx="32" cy="31" r="4" />
    </svg>
  );
}

function round(length: number): number {
  return Math.round(length * 100) / 100;
}
