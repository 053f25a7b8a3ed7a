// buf starts plugins by path; this finds ts-proto wherever npm has put it.
import { createRequire } from 'node:module';

createRequire(import.meta.url)('ts-proto/protoc-gen-ts_proto');
