// Few rules, each with its reason.
import tseslint from 'typescript-eslint';

const ambient = [
  ['Date', 'time is an argument here'],
  ['process', 'the environment is an argument here'],
  ['console', 'models say nothing'],
  ['fetch', 'models ask nobody'],
  ['setTimeout', 'models do not wait'],
].map(([name, message]) => ({ name, message }));

const noAmbient = [
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Randomness is an argument here.',
  },
  {
    selector: ':function[async=true]',
    message: 'Thinking is synchronous; load before and save after.',
  },
  { selector: 'AwaitExpression', message: 'Thinking is synchronous; load before and save after.' },
];

const noRawErrors = {
  selector: "ThrowStatement > NewExpression[callee.name='Error']",
  message: 'Throw a failure of kernel/failure.ts, so that callers learn what it means.',
};

const noWholeZod = {
  selector:
    "ImportDeclaration[importKind!='type'][source.value='zod'] > ImportSpecifier[imported.name='z']",
  message: 'Import * as z: this z stands for the whole library, and a bundle holds 420 KB more.',
};

/** Beyond Latin-1 esbuild writes them as they are, and V8 then keeps two bytes of each character of the bundle. */
const noWideText = [
  'Literal[regex.pattern=WIDE]',
  "[tag.object.name='String'] TemplateElement[value.raw=WIDE]",
].map((selector) => ({
  selector: selector.replace('WIDE', '/[^\\u0000-\\u00ff]/'),
  message: 'Write it as \\u….: one such character doubles what the text of the bundle takes.',
}));

/** Versions of Node differ in their last bit; squares, and whole powers of 2 and 10, do not. */
const noPower = [
  "BinaryExpression[operator='**'][right.value!=2][left.type!='Literal']",
  "MemberExpression[object.name='Math'][property.name='pow']",
].map((selector) => ({
  selector,
  message: 'Use power() of kernel/power.ts, so that every version of Node computes the same.',
}));

const everywhere = [noWholeZod, ...noWideText];

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'data/',
      'build/',
      'coverage/',
      'protos/gen/',
      'node_modules/',
      '**/*.mjs',
      '*.js',
      '*.cjs',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.base],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      // A promise nobody waits for is work nobody knows the end of.
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-control-regex': 'error',
      'no-restricted-syntax': ['error', ...everywhere],
      eqeqeq: 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'max-params': ['error', 6],
    },
  },
  {
    files: ['shared/**/*.ts', 'functions/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noRawErrors, ...everywhere] },
  },
  {
    // Words of many languages, which are read where a file of a broker is.
    files: ['shared/portfolio/import/formats/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noRawErrors, noWholeZod] },
  },
  {
    files: ['functions/**/*.ts'],
    // Only function files have a default export: it is what the host loads.
    rules: { 'max-lines': ['error', { max: 90, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['shared/*/model/**/*.ts', 'shared/quant/**/*.ts', 'shared/kernel/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...ambient.filter(({ name }) => name !== 'Date')],
      'no-restricted-syntax': ['error', noRawErrors, ...everywhere, ...noAmbient],
    },
  },
  {
    files: ['shared/*/model/**/*.ts', 'shared/quant/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...ambient],
      'no-restricted-syntax': ['error', noRawErrors, ...everywhere, ...noAmbient, ...noPower],
    },
  },
  {
    files: ['template/node-typescript/function/*.test.ts'],
    // The sample tests with node:test, which waits for its tests by itself.
    rules: { '@typescript-eslint/no-floating-promises': 'off' },
  },
  {
    // No bundle that is served has their text.
    files: ['tests/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noWholeZod] },
  },
  {
    files: ['tests/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines': ['error', { max: 600, skipBlankLines: true, skipComments: true }] },
  },
);
