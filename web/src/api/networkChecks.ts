// A check of the network: a transport that leads nowhere.

import type * as messages from './generated/messages.ts';
import { sendRequest } from './request.ts';

export function checkNetwork(request: messages.CheckNetworkRequest, signal: AbortSignal): Promise<messages.CheckNetworkResponse> {
  return sendRequest('POST', '/sederunt/v1/networkChecks', { body: request, signal });
}
