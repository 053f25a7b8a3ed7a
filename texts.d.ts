/** Redis scripts, and what the gateway's page is made of, are imported as their own text. */
declare module '*.lua' {
  const source: string;
  export default source;
}

declare module '*.html' {
  const source: string;
  export default source;
}

declare module '*.css' {
  const source: string;
  export default source;
}

declare module '*.client.js' {
  const source: string;
  export default source;
}

declare module '*.openapi' {
  const source: string;
  export default source;
}

declare module '*.asyncapi' {
  const source: string;
  export default source;
}
