// A part of the client that is fetched when it is first shown, and kept. That can fail where the rest goes on well: after
// an update the server no longer has the files of the client that runs here. Loading all anew then helps, and is left to
// the person.

import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { useEffect } from 'preact/hooks';
import { t } from '../text/text.ts';
import { useLoaded, Wait } from './loading.tsx';
import { PlainPage, Shell, useTitle } from './shell.tsx';

export interface Lazy<Props> extends FunctionComponent<Props> {
  /** Has it there before it is shown. If that fails, it is said when it is shown. */
  prefetch(): void;
}

/** A component that waits for its own program. `title`: of the browser's tab meanwhile. */
export function lazy<Props extends object>(load: () => Promise<FunctionComponent<Props>>, title?: string): Lazy<Props> {
  const program = signal<FunctionComponent<Props> | null>(null);
  const fetchProgram = async () => {
    program.value ??= await load();
  };
  function Lazily(props: Props) {
    const Program = program.value;
    return Program ? <Program {...props} /> : <Fetching fetchProgram={fetchProgram} title={title} />;
  }
  return Object.assign(Lazily, { prefetch: () => void fetchProgram().catch(() => undefined) });
}

/** A part of a page that is there once its own program is; the rest waits for nothing, and goes on without it. */
export function lazyPart<Props extends object>(load: () => Promise<FunctionComponent<Props>>): FunctionComponent<Props> {
  const program = signal<FunctionComponent<Props> | null>(null);
  return function Part(props) {
    useEffect(() => {
      load()
        .then((loaded) => {
          program.value = loaded;
        })
        .catch(() => undefined);
    }, []);
    const Program = program.value;
    return Program && <Program {...props} />;
  };
}

function Fetching({ fetchProgram, title }: { fetchProgram(): Promise<void>; title: string | undefined }) {
  useTitle(title);
  const { state } = useLoaded('', fetchProgram);
  if (state.phase === 'failed') return <NotFetched />;
  return (
    <Shell>
      <Wait />
    </Shell>
  );
}

function NotFetched() {
  return (
    <PlainPage title={t('app.notFetched.title')} text={t('app.notFetched.text')}>
      <button type="button" class="button primary" onClick={() => location.reload()}>
        {t('app.reload')}
      </button>
    </PlainPage>
  );
}
