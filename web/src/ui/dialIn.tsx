// How somebody comes in without a browser: by the numbers and the PIN of a meeting, or from a room that speaks SIP.

import type { DialIn as Ways } from '../api/generated/messages.ts';
import { t } from '../text/text.ts';
import { CopyField } from './copy.tsx';

/** `+431234567` with the country that it is of, where that is known. */
function shown({ phoneNumber, regionCode }: NonNullable<Ways['numbers']>[number]): string {
  return regionCode ? t('dialIn.numberOf', { number: phoneNumber, region: regionCode }) : phoneNumber;
}

/** What somebody is sent who is to call: a number, and the PIN to key in there. */
function inOneLine({ numbers = [], pin, sipUri }: Ways): string {
  const calls = numbers.map((number) => t('dialIn.line', { number: shown(number), pin }));
  return [...calls, ...(sipUri ? [sipUri] : [])].join('\n');
}

export function DialIn({ ways }: { ways: Ways }) {
  const { numbers = [], pin, sipUri } = ways;
  return (
    <details class="dial-in">
      <summary>{t('dialIn.title')}</summary>
      <dl>
        {numbers.map((number) => (
          <div key={number.phoneNumber}>
            <dt>{t('dialIn.number')}</dt>
            <dd>
              <a href={`tel:${number.phoneNumber},,${pin}#`}>{shown(number)}</a>
            </dd>
          </div>
        ))}
        <div>
          <dt>{t('dialIn.pin')}</dt>
          <dd class="pin">{pin}</dd>
        </div>
      </dl>
      {sipUri && <CopyField label={t('dialIn.sip')} text={sipUri} />}
      <CopyField label={t('dialIn.all')} text={inOneLine(ways)} />
    </details>
  );
}
