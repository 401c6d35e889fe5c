/** The transport suite over real sockets. */
import t from 'tap';
import { SocketNetwork } from './socket-network.js';
import { transportConformance } from './transport-suite.js';

await transportConformance(t, 'sockets', () => SocketNetwork.make());
