/** What a transport calls: events of links go to the admission, messages to the messenger. */
import type { Receiver } from '../environment/transport.js';
import type { Messenger } from '../rpc/messenger.js';
import type { MemberAdmission } from './admission.js';

export function receiverOf(admission: MemberAdmission, messenger: Messenger): Receiver {
  return {
    introduce: () => admission.introduce(),
    judge: (peer, link) => admission.judge(peer, link),
    linkRefused: (peer, refusal, link) => admission.linkRefused(peer, refusal, link),
    receive: (from, message) => messenger.receive(from, message),
    linkOpened: (peer, link) => {
      admission.linkOpened(peer, link);
      messenger.linkOpened(peer);
    },
    linkClosed: (peer) => {
      admission.linkClosed(peer);
      messenger.linkClosed(peer);
    },
  };
}
