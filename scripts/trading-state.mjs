// The former command for the trading state: `npm run trading-state -- …` now runs `trader`.
const [state = 'show', ...words] = process.argv.slice(2);
const reason = words.join(' ');
const formerly = {
  show: ['status'],
  halted: ['halt', '--reason', reason],
  reducing: ['reduce', '--reason', reason],
  active: ['resume', '--yes'],
};
const key = state.toLowerCase();
const command = Object.hasOwn(formerly, key) ? formerly[key] : undefined;
if (command === undefined || command.includes('--reason') !== (reason !== '')) {
  console.error(
    'usage: npm run trading-state -- [active | reducing REASON | halted REASON]\n' +
      'It is replaced by: trader status, trader resume, trader reduce, trader halt',
  );
  process.exit(2);
}
console.error(`npm run trading-state is replaced by: trader ${command[0]}`);
process.argv.splice(2, Infinity, ...command);
await import('../cli/trader.mjs');
