/** Redis scripts are imported as their own text. */
declare module '*.lua' {
  const source: string;
  export default source;
}
