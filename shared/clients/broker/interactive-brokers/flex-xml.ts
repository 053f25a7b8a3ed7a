/** XML of the Flex Web Service, as far as it is read: elements with their attributes. Pure. */
import sax from 'sax';
import { Failure } from '#shared/kernel/failure.ts';

export const IBKR_NAME = 'Interactive Brokers';

export type Attributes = Readonly<Record<string, string>>;

export interface FlexElement {
  readonly name: string;
  readonly attributes: Attributes;
  /** Number of the `FlexStatement` that it belongs to, from 1; 0 outside of them. */
  readonly statement: number;
}

export interface FlexDocument {
  /** Name of the outermost element. */
  readonly root: string;
  readonly elements: readonly FlexElement[];
  /** Text of elements that have text, by name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** @throws Failure UPSTREAM_BROKEN for what is not well-formed */
export function readFlex(xml: string): FlexDocument {
  const elements: FlexElement[] = [];
  const texts = new Map<string, string>();
  const open: string[] = [];
  let [root, statements] = ['', 0];
  const reader = sax.parser(true, { trim: true });
  reader.onerror = () => {
    throw flexBroken('something that is not XML');
  };
  reader.onopentag = ({ name, attributes }) => {
    root ||= name;
    open.push(name);
    if (name === 'FlexStatement') statements += 1;
    const statement = open.includes('FlexStatement') ? statements : 0;
    elements.push({ name, attributes: attributes as Attributes, statement });
  };
  reader.ontext = (text) => void texts.set(open.at(-1) ?? '', text);
  reader.onclosetag = () => void open.pop();
  reader.write(xml).close();
  if (root === '') throw flexBroken('nothing');
  return { root, elements, texts };
}

export function flexBroken(detail: string): Failure {
  return new Failure('UPSTREAM_BROKEN', `${IBKR_NAME} answered ${detail}.`, { what: IBKR_NAME });
}
