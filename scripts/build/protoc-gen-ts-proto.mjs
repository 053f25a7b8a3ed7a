// buf starts plugins by path; this finds ts-proto wherever npm has put it.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
require('ts-proto/protoc-gen-ts_proto');
