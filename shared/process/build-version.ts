/** Version of the build; the bundler puts the commit in, a run from source says `source`. */
export const BUILD: string = process.env['BUILD_VERSION'] ?? '0.1.0+source';
