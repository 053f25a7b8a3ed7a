/** A container of one function: opens the door on the port, and closes it on SIGTERM. */
import handler from './function/handler.ts';
import { serve } from './serve.ts';

const served = await serve(handler, process.env);
process.once('SIGTERM', () => void served.drain().then(() => process.exit(0)));
process.once('SIGINT', () => process.exit(130));
process.on('unhandledRejection', (cause) => console.error('unhandled rejection', cause));
